#include "schema.hpp"

namespace syncservice::store {

const char* const schema_auth = R"sql(
)sql";

}  // namespace syncservice::store
