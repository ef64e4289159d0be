// sync/fault — named points between the steps of a pass at which a test kills the process. Compiled in for tests only:
// with SYNCSERVICE_FAULT_POINTS a point whose name is in the environment variable of that name ends the process with
// SIGKILL; without it a point is nothing.
#pragma once

namespace syncservice::sync {

#ifdef SYNCSERVICE_FAULT_POINTS
/// Kills the process when SYNCSERVICE_FAULT_POINTS is "<name>:<n>" and this is the n-th time (from 1) that the point is
/// passed. Writes the name to the standard error first.
void fault_point(const char* name) noexcept;
#else
inline void fault_point(const char* /*name*/) noexcept {}
#endif

}  // namespace syncservice::sync
