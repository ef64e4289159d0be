#include "commands.hpp"
#include "print.hpp"

#include "syncservice/auth/auth.hpp"
#include "syncservice/config/settings.hpp"

#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <optional>

namespace syncservice::app {
namespace {

/// Keeps the terminal from showing what is typed.
class NoEcho {
 public:
  NoEcho() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool changed_ = false;
};

std::optional<std::string> ask(const char* prompt) {
  const bool terminal = isatty(STDIN_FILENO) == 1;
  std::string line;
  if (terminal) {
    std::cerr << prompt << std::flush;
    const NoEcho silence;
    std::getline(std::cin, line);
    std::cerr << '\n';
  } else {
    std::getline(std::cin, line);
    if (!line.empty() && line.back() == '\r') line.pop_back();
  }
  if (!std::cin && line.empty()) return std::nullopt;
  return line;
}

}  // namespace

int set_password(const Common& common) {
  const auto settings = settings_or_complain(common.config);
  if (!settings) return refused;
  const auto password = ask("New password of the administrator: ");
  if (!password) {
    print_error("no password given; type it, or pipe one line to this command");
    return refused;
  }
  if (isatty(STDIN_FILENO) == 1 && ask("Once more: ") != password) {
    print_error("the two differ; nothing was changed");
    return refused;
  }
  const auto hash = auth::hash_password(*password);
  if (!hash) {
    print_error(hash.error().message);
    return refused;
  }
  if (const auto written = config::write_property(common.config, "push.service.admin.password.hash", *hash); !written) {
    print_error(written.error().message);
    return refused;
  }
  std::cout << "The password of " << settings->admin_user << " is set in " << common.config
            << "; a running daemon takes it over within a second or two.\n";
  return success;
}

}  // namespace syncservice::app
