#include "schema.hpp"

namespace syncservice::store {

const char* const schema_sync = R"sql(
)sql";

}  // namespace syncservice::store
