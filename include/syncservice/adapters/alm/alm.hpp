// adapters/alm — records of Micro Focus ALM/Quality Center through its REST API: defects, requirements, tests, test
// instances, and other entities by name. docs/adapters/alm.md is for administrators.
//
// - One session per server and user (or as many as configured), shared by all applications, projects and workers:
// opened
//   when it is first needed, kept alive, with its rotating cookies and its XSRF token, renewed once when it is lost,
//   signed out at the end.
// - A project is needed in every call: `PROJECT` of the domain in the settings, or `DOMAIN/PROJECT`. An id is a number,
//   of the first of the application's entities; ids of the others are written `requirement/12`.
// - Fields go by name (`user-07`) or label. The marker stands in a user field, percent-encoded.
// - The comments are one memo that a write replaces: it is read, appended to and written under the entity's lock.
// - Instants are the server's, in the zone of the settings.
#pragma once

#include "syncservice/adapter/adapter.hpp"

namespace syncservice::adapter {

/// The kind "alm". Applications whose settings were read by the same kind share sessions.
[[nodiscard]] Kind alm_kind();

}  // namespace syncservice::adapter
