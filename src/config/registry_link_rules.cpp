// What an app link says beside its fields: comments, attachments, deleted records, when to ask for changes; and how
// hard to lean on an application.
#include "registry_reader.hpp"

#include "syncservice/base/clock.hpp"

#include <charconv>
#include <cmath>
#include <type_traits>

namespace syncservice::config {
namespace {

using yaml::Kind;
using yaml::Node;

constexpr Words<bool, 2> truth_words{{{"true", true}, {"false", false}}};
constexpr Words<FlowWord, 4> flows{{{"none", FlowWord::none},
                                    {"both", FlowWord::both},
                                    {"to-destination", FlowWord::to_destination},
                                    {"to-source", FlowWord::to_source}}};
constexpr Words<EditedWord, 3> edited_words{
    {{"update", EditedWord::update}, {"append", EditedWord::append}, {"ignore", EditedWord::ignore}}};
constexpr Words<DeletedWord, 2> deleted_words{{{"keep", DeletedWord::keep}, {"remove", DeletedWord::remove}}};
constexpr Words<GoneWord, 3> gone_words{
    {{"nothing", GoneWord::nothing}, {"close", GoneWord::close}, {"delete", GoneWord::remove}}};
constexpr unsigned most_concurrent = 1'000;
constexpr std::chrono::milliseconds shortest_interval{1'000};

std::optional<double> number_in(std::string_view text) noexcept {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

// "20 MiB", "512KiB", "1 GiB", "100000".
std::optional<std::uint64_t> size_in(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit = text::trim(text.substr(static_cast<std::size_t>(end - text.data())));
  constexpr std::array<std::pair<std::string_view, unsigned>, 4> units{
      {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
  for (const auto& [name, shift] : units) {
    if (text::iequals(name, unit) && number <= (std::uint64_t{1} << (63 - shift))) return number << shift;
  }
  return std::nullopt;
}

// "02:00".
std::optional<std::chrono::minutes> time_of_day(std::string_view text) noexcept {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  int parts[2] = {0, 0};
  for (std::size_t i = 0; i < 2; ++i) {
    const char* begin = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, parts[i]);
    if (error != std::errc{} || end != begin + 2 || parts[i] < 0) return std::nullopt;
  }
  if (parts[0] > 23 || parts[1] > 59) return std::nullopt;
  return std::chrono::minutes{parts[0] * 60 + parts[1]};
}

}  // namespace

void RegistryReader::max_concurrent(ApplicationDef& into, Node value) {
  std::string given;
  if (!text(value, "\"maxConcurrent\"", given)) return;
  const std::optional<double> number = number_in(given);
  if (!number || *number < 1 || *number > most_concurrent || *number != std::floor(*number)) {
    return complaints_.error(value.at(), in_quotes(given) +
                                             " is not allowed for \"maxConcurrent\"; a number of calls "
                                             "from 1 to " +
                                             std::to_string(most_concurrent) + " would be right");
  }
  into.max_concurrent = static_cast<unsigned>(*number);
}

void RegistryReader::max_rate(ApplicationDef& into, Node value) {
  std::string given;
  if (!text(value, "\"maxRate\"", given)) return;
  const std::size_t slash = given.find('/');
  const std::optional<double> number = number_in(text::trim(std::string_view{given}.substr(0, slash)));
  const std::string_view unit =
      slash == std::string::npos ? std::string_view{} : text::trim(std::string_view{given}.substr(slash + 1));
  const double seconds = unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : 0;
  if (!number || *number <= 0 || seconds == 0) {
    return complaints_.error(value.at(), in_quotes(given) +
                                             " is not allowed for \"maxRate\"; calls a second, minute or "
                                             "hour, such as 10/s, 300/min or 5000/h, would be right");
  }
  into.max_rate = *number / seconds;
}

template <class Def>
void RegistryReader::copies_direction(Def& into, Node value) {
  constexpr bool comments = std::is_same_v<Def, CommentsDef>;
  (void)word(value, comments ? "the direction of comments" : "the direction of attachments", flows, into.direction);
}
template <class Def>
void RegistryReader::copies_existing(Def& into, Node value) {
  (void)word(value, "\"existing\"", truth_words, into.existing);
}
template <class Def>
void RegistryReader::copies_deleted(Def& into, Node value) {
  (void)word(value, "\"deleted\"", deleted_words, into.deleted);
}
template <class Def, std::size_t count>
void RegistryReader::copies(Def& into, Node value, const char* what, const std::array<Member<Def>, count>& known) {
  into.at = value.at();
  if (value.kind() != Kind::map) return copies_direction(into, value);
  into.direction = FlowWord::both;
  members<Def>(value, what, known, into);
}

void RegistryReader::link_comments(AppLinkDef& link, Node value) {
  static constexpr std::array known{Member<CommentsDef>{"direction", &RegistryReader::copies_direction<CommentsDef>},
                                    Member<CommentsDef>{"private", &RegistryReader::comments_private},
                                    Member<CommentsDef>{"existing", &RegistryReader::copies_existing<CommentsDef>},
                                    Member<CommentsDef>{"edited", &RegistryReader::comments_edited},
                                    Member<CommentsDef>{"deleted", &RegistryReader::copies_deleted<CommentsDef>}};
  copies(link.comments, value, "\"comments\"", known);
}
void RegistryReader::comments_private(CommentsDef& into, Node value) {
  (void)word(value, "\"private\"", truth_words, into.private_too);
}
void RegistryReader::comments_edited(CommentsDef& into, Node value) {
  (void)word(value, "\"edited\"", edited_words, into.edited);
}

void RegistryReader::link_attachments(AppLinkDef& link, Node value) {
  using Known = Member<AttachmentsDef>;
  static constexpr std::array known{Known{"direction", &RegistryReader::copies_direction<AttachmentsDef>},
                                    Known{"existing", &RegistryReader::copies_existing<AttachmentsDef>},
                                    Known{"deleted", &RegistryReader::copies_deleted<AttachmentsDef>},
                                    Known{"maxSize", &RegistryReader::attachments_size}};
  copies(link.attachments, value, "\"attachments\"", known);
}
void RegistryReader::attachments_size(AttachmentsDef& into, Node value) {
  std::string given;
  if (!text(value, "\"maxSize\"", given)) return;
  const std::optional<std::uint64_t> size = size_in(given);
  if (!size || *size == 0) {
    return complaints_.error(
        value.at(), in_quotes(given) + " is not allowed for \"maxSize\"; a size such as 20 MiB would be right");
  }
  into.max_size = *size;
}

void RegistryReader::link_on_delete(AppLinkDef& link, Node value) {
  (void)word(value, "\"onDelete\"", gone_words, link.on_delete);
}
void RegistryReader::link_on_leave(AppLinkDef& link, Node value) {
  (void)word(value, "\"onLeave\"", gone_words, link.on_leave);
}

void RegistryReader::link_close_with(AppLinkDef& link, Node value) {
  static constexpr std::array known{Member<CloseWithDef>{"source", &RegistryReader::close_source},
                                    Member<CloseWithDef>{"destination", &RegistryReader::close_destination}};
  link.close_with.at = value.at();
  members<CloseWithDef>(value, "\"closeWith\"", known, link.close_with);
}
void RegistryReader::close_source(CloseWithDef& into, Node value) {
  constants(value, "\"closeWith\" of the source", into.source);
}
void RegistryReader::close_destination(CloseWithDef& into, Node value) {
  constants(value, "\"closeWith\" of the destination", into.destination);
}

void RegistryReader::constants(Node value, std::string_view what, std::map<std::string, Constant>& into) {
  if (value.kind() != Kind::map) {
    return complaints_.error(value.at(), std::string{what} + " must be a map such as { Status: Closed }, not " +
                                             std::string{kind_name(value)});
  }
  for (std::optional<Node> key = value.first(); key;) {
    const std::optional<Node> right = key->next();
    if (std::optional<Constant> read = constant(*right, in_quotes(key->text()))) {
      into.emplace(key->text(), std::move(*read));
    }
    key = right->next();
  }
}

// `close` needs to know what to write, at each side that another side's records are closed for.
void RegistryReader::check_close_with(const AppLinkDef& link) {
  if (link.on_delete != GoneWord::close && link.on_leave != GoneWord::close) {
    if (link.close_with.at.line != 0) {
      complaints_.warning(link.close_with.at,
                          "\"closeWith\" is never used: neither \"onDelete\" nor \"onLeave\" is \"close\"");
    }
    return;
  }
  const auto need = [&](const std::map<std::string, Constant>& fields, std::string_view side) {
    if (!fields.empty()) return;
    const Location at = link.close_with.at.line == 0 ? link.at : link.close_with.at;
    std::string message = "\"close\" needs to know what it writes at the ";
    message.append(side).append("; write closeWith: { ").append(side).append(": { Status: Closed } }");
    complaints_.error(at, std::move(message));
  };
  if (link.direction != DirectionWord::to_source) need(link.close_with.destination, "destination");
  if (link.direction != DirectionWord::to_destination) need(link.close_with.source, "source");
}

void RegistryReader::duration(Node value, std::string_view what, PlacedDuration& into) {
  into.at = value.at();
  std::string given;
  if (!text(value, what, given)) return;
  const std::optional<std::chrono::milliseconds> time = parse_duration(given);
  if (!time || *time < shortest_interval) {
    return complaints_.error(value.at(), in_quotes(given) + " is not allowed for " + std::string{what} +
                                             "; a time of at least 1s, such as 5m or 1h, would be right");
  }
  into.time = *time;
}

void RegistryReader::link_sweep(AppLinkDef& link, Node value) {
  duration(value, "\"sweep\"", link.sweep);
}
void RegistryReader::link_every(AppLinkDef& link, Node value) {
  duration(value, "\"every\"", link.every);
}

void RegistryReader::link_at(AppLinkDef& link, Node value) {
  link.run_at_at = value.at();
  const auto read = [&](Node item) {
    std::string given;
    if (!text(item, "a time of \"at\"", given)) return;
    if (const auto time = time_of_day(given)) {
      link.run_at.push_back(*time);
    } else {
      complaints_.error(item.at(), in_quotes(given) + " is no time of the day; \"02:00\" (UTC) would be right");
    }
  };
  if (value.kind() == Kind::scalar) {
    read(value);
  } else if (value.kind() == Kind::sequence) {
    for (std::optional<Node> item = value.first(); item; item = item->next()) read(*item);
  } else {
    complaints_.error(value.at(), "\"at\" must be a time such as \"02:00\", or a list of them, not a map");
  }
  std::sort(link.run_at.begin(), link.run_at.end());
}

// Comments and attachments may go where the app link goes.
void RegistryReader::check_flows(const AppLinkDef& link) {
  const auto check = [&](FlowWord flow, Location at, std::string_view what) {
    const bool never = (flow == FlowWord::to_source && link.direction == DirectionWord::to_destination) ||
                       (flow == FlowWord::to_destination && link.direction == DirectionWord::to_source);
    if (!never) return;
    std::string message{what};
    message.append(
        " never go across: the app link does not go that way; change one of the two directions, or leave \"");
    message.append(what).append("\" out");
    complaints_.error(at, std::move(message));
  };
  check(link.comments.direction, link.comments.at, "comments");
  check(link.attachments.direction, link.attachments.at, "attachments");
}

// Each sync type has its own way to say when.
void RegistryReader::check_times(const AppLinkDef& link) {
  const auto only_for = [&](Location at, std::string_view member, SyncTypeWord type, std::string_view name) {
    if (at.line == 0 || link.sync_type == type) return;
    complaints_.error(at, in_quotes(member) + " is for app links of syncType " + std::string{name});
  };
  only_for(link.sweep.at, "sweep", SyncTypeWord::push, "PUSH");
  only_for(link.every.at, "every", SyncTypeWord::poll, "POLL");
  only_for(link.run_at_at, "at", SyncTypeWord::scheduled, "SCHEDULED");
}

}  // namespace syncservice::config
