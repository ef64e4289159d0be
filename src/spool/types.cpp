#include "syncservice/spool/spool.hpp"

#include "syncservice/base/category.hpp"

#include <array>

namespace syncservice::spool {

namespace {

std::string_view words(Errc value) noexcept {
  switch (value) {
    case Errc::queue_full:
      return "queue full";
    case Errc::disk_full:
      return "disk full";
    case Errc::unavailable:
      return "unavailable";
    case Errc::no_such_push:
      return "no such push";
    case Errc::wrong_state:
      return "wrong state";
  }
  return "spool error";
}

constexpr std::array states{State::waiting, State::running, State::done, State::dead_letter, State::held};
constexpr std::array outcomes{Outcome::none,     Outcome::synchronized, Outcome::nothing_to_do, Outcome::gone,
                              Outcome::filtered, Outcome::joined,       Outcome::superseded,    Outcome::discarded};

template <class Values>
auto parse(const Values& values, std::string_view text) noexcept -> std::optional<typename Values::value_type> {
  for (const auto value : values) {
    if (to_string(value) == text) return value;
  }
  return std::nullopt;
}

}  // namespace

const boost::system::error_category& spool_category() noexcept {
  static const Category<Errc> category{"syncservice.spool", words};
  return category;
}

boost::system::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), spool_category()};
}

std::string_view to_string(State state) noexcept {
  switch (state) {
    case State::waiting:
      return "waiting";
    case State::running:
      return "running";
    case State::done:
      return "done";
    case State::dead_letter:
      return "dead letter";
    case State::held:
      return "held";
  }
  return "waiting";
}

std::optional<State> parse_state(std::string_view text) noexcept {
  return parse(states, text);
}

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::none:
      return "";
    case Outcome::synchronized:
      return "synchronized";
    case Outcome::nothing_to_do:
      return "nothing to do";
    case Outcome::gone:
      return "gone";
    case Outcome::filtered:
      return "filtered";
    case Outcome::joined:
      return "joined";
    case Outcome::superseded:
      return "superseded";
    case Outcome::discarded:
      return "discarded";
  }
  return "";
}

std::optional<Outcome> parse_outcome(std::string_view text) noexcept {
  return parse(outcomes, text);
}

}  // namespace syncservice::spool
