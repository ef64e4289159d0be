#include "schema.hpp"

namespace syncservice::store {

const char* const schema_spool = R"sql(
)sql";

}  // namespace syncservice::store
