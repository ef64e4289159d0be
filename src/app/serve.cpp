#include "commands.hpp"
#include "daemon.hpp"
#include "print.hpp"

#include <systemd/sd-daemon.h>

#include <csignal>
#include <ctime>

namespace syncservice::app {
namespace {

/// Signals that the main thread takes one after another, so that no code runs in a signal handler. Threads started
/// later inherit the mask.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

}  // namespace

int serve(const Common& common) {
  const sigset_t signals = block_signals();
  const auto settings = settings_or_complain(common.config);
  if (!settings) {
    print_error("not started: mend " + common.config + " first");
    return refused;
  }
  auto started = Daemon::start(*settings, Daemon::Mode::full);
  if (!started) {
    print_error("not started: " + started.error().message);
    return unavailable;
  }
  Daemon& daemon = **started;
  sd_notify(0, "READY=1");

  const timespec tick{.tv_sec = 1, .tv_nsec = 0};
  for (;;) {
    switch (sigtimedwait(&signals, nullptr, &tick)) {
      case SIGTERM:
      case SIGINT:
        sd_notify(0, "STOPPING=1");
        daemon.stop();
        return success;
      case SIGHUP:
        sd_notify(0, "RELOADING=1");
        daemon.reopen_log();
        daemon.reload();
        sd_notify(0, "READY=1");
        break;
      case SIGUSR1:
        daemon.reopen_log();
        break;
      default:
        daemon.look_at_files();
    }
  }
}

}  // namespace syncservice::app
