#include "instruments.hpp"

namespace syncservice::spool {

namespace {

telemetry::Counter refusals(telemetry::Metrics& metrics, const char* reason) {
  return metrics.counter("syncservice_pushes_refused_total", "Pushes refused for want of room or shutting down",
                         {{"reason", reason}});
}

}  // namespace

Instruments::Instruments(telemetry::Metrics& metrics)
    : accepted(metrics.counter("syncservice_pushes_accepted_total", "Pushes that became a waiting push of their own")),
      joined(metrics.counter("syncservice_pushes_joined_total", "Pushes that joined one waiting already")),
      refused_queue_full(refusals(metrics, "queue_full")),
      refused_disk_full(refusals(metrics, "disk_full")),
      refused_unavailable(refusals(metrics, "unavailable")),
      waiting(metrics.gauge("syncservice_pushes_waiting", "Pushes that wait, those running included")),
      running(metrics.gauge("syncservice_pushes_running", "Pushes whose pass is claimed or running")),
      batch_jobs(metrics.histogram("syncservice_commit_batch_jobs", "Jobs in one transaction of the writer",
                                   {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096})),
      commit_seconds(metrics.histogram("syncservice_commit_seconds", "Time of one commit with its flush",
                                       {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1})) {}

void Instruments::refused(Errc reason) noexcept {
  switch (reason) {
    case Errc::queue_full:
      refused_queue_full.add();
      break;
    case Errc::disk_full:
      refused_disk_full.add();
      break;
    case Errc::unavailable:
      refused_unavailable.add();
      break;
    case Errc::no_such_push:
    case Errc::wrong_state:
      break;
  }
}

}  // namespace syncservice::spool
