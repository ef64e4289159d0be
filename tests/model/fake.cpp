#include "fake.hpp"

#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

namespace syncservice::model {

Fake::Fake(std::string name, char letter, ProjectName project, bool capitals)
    : name_(std::move(name)),
      letter_(letter),
      project_(std::move(project)),
      capitals_(capitals),
      system_(project_.str() + "-") {
  system_.clock = &clock_;
  system_.normalise = [this](const std::string& written, const record::Value& value) {
    return written == field(2) ? record::Value{kept(2, value.text())} : value;
  };
}

registry::End Fake::end() {
  auto application = std::make_shared<registry::Application>();
  application->name = ApplicationName{name_};
  application->kind = "fake";
  application->adapter = system_.adapter();
  return {std::move(application), "Story"};
}

std::string Fake::field(std::size_t number) const {
  return letter_ + std::to_string(number);
}

void Fake::begin(const std::array<std::string, fields>& values) {
  record::Fields record;
  for (std::size_t number = 0; number < fields; ++number) record.emplace(field(number), values.at(number));
  system_.put(project_.str() + "-1", std::move(record));
}

std::string Fake::text(const std::string& id, std::size_t number) {
  const record::Fields all = system_.fields(id);
  const auto found = all.find(field(number));
  return found == all.end() ? std::string{} : found->second.text();
}

std::vector<std::string> Fake::comments(const std::string& id) {
  std::vector<std::string> texts;
  for (const adapter::Comment& comment : system_.comments(id)) texts.push_back(record::to_plain(comment.body));
  return texts;
}

void Fake::edit(const std::string& id, std::size_t number, const std::string& text) {
  system_.set(id, field(number), record::Value{kept(number, text)});
}

void Fake::comment(const std::string& id, const std::string& text) {
  system_.comment(id, "Jane", text);
}

std::string Fake::kept(std::size_t number, const std::string& text) const {
  std::string out = text;
  if (capitals_ && number == 2) {
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  }
  return out;
}

void Fake::fail(int choice) {
  using sync::Op;
  constexpr std::array ops{Op::read, Op::create, Op::update, Op::add_comment, Op::find, Op::comments};
  const Op op = ops.at(static_cast<std::size_t>(choice) % ops.size());
  const bool after = (choice / 6) % 2 == 1;
  if ((choice / 12) % 3 == 2 && !after) {
    system_.fail(op, sync::failure(FailureClass::throttled, "Slow down.", std::chrono::seconds{5}));
  } else {
    const bool halfway = after && op == Op::update && (choice / 12) % 3 == 1;
    system_.fail(op, sync::failure(FailureClass::transient, "The connection was cut."),
                 halfway ? sync::Strikes::halfway
                 : after ? sync::Strikes::after
                         : sync::Strikes::before);
  }
}

}  // namespace syncservice::model
