#include "memo.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <map>
#include <tuple>

#include "syncservice/base/text.hpp"
#include "xml.hpp"

namespace syncservice::adapter::alm {
namespace {

constexpr std::size_t line_length = 40, shortest_line = 20;
// How far a name, a login name and a date can reach.
constexpr std::size_t longest_head = 400, longest_name = 200;

using Reference = std::pair<std::string_view, char>;
constexpr std::array entities{Reference{"&lt;", '<'},   Reference{"&gt;", '>'},    Reference{"&quot;", '"'},
                              Reference{"&#39;", '\''}, Reference{"&apos;", '\''}, Reference{"&nbsp;", ' '},
                              Reference{"&#160;", ' '}, Reference{"&amp;", '&'}};

bool is_html(std::string_view memo) {
  const std::string start = text::lower(text::trim(memo).substr(0, 20));
  return start.starts_with("<html") || start.starts_with("<!doctype") || start.starts_with("<body");
}

// What stands in the body of the memo, as HTML.
std::string inner_html(const std::string& memo) {
  if (!is_html(memo)) {
    std::string out;
    for (const char c : xml_escape(text::trim(memo))) {
      if (c == '\n') {
        out += "<br/>";
      } else {
        out += c;
      }
    }
    return out;
  }
  const std::string lower = text::lower(memo);
  std::size_t begin = lower.find("<body");
  begin = begin == std::string::npos ? std::string::npos : lower.find('>', begin);
  if (begin == std::string::npos) return memo;
  ++begin;
  return memo.substr(begin, std::min(lower.rfind("</body"), memo.size()) - begin);
}

// The words at the front of some HTML, and where in the HTML each of their bytes ends.
struct Words {
  std::string text;
  std::vector<std::size_t> ends;
};

Words words_of(std::string_view html) {
  Words words;
  for (std::size_t at = 0; at < html.size() && words.text.size() < longest_head;) {
    if (html[at] == '<') {
      const std::size_t end = html.find('>', at);
      if (end == std::string_view::npos) break;
      at = end + 1;
      continue;
    }
    char c = html[at];
    std::size_t length = 1;
    for (const auto& [entity, meant] : entities) {
      if (!html.substr(at).starts_with(entity)) continue;
      c = meant;
      length = entity.size();
      break;
    }
    at += length;
    words.text += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    words.ends.push_back(at);
  }
  return words;
}

// Three numbers with the same separator: 24/11/2026, 11/24/26, 24.11.2026, 2026-11-24.
std::optional<record::Date> date_of(std::string_view text, DateOrder order) {
  std::array<int, 3> numbers{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), numbers[i]);
    if (error != std::errc{}) return std::nullopt;
    at = static_cast<std::size_t>(end - text.data());
    const bool separated = at < text.size() && (text[at] == '/' || text[at] == '.' || text[at] == '-');
    if (i < 2 && !separated) return std::nullopt;
    ++at;
  }
  auto [first, second, third] = numbers;
  if (first < 1 || second < 1 || third < 1) return std::nullopt;
  if (first > 31) {
    std::swap(first, third);  // 2026-11-24
  } else if (second > 12 || (order == DateOrder::month_first && first <= 12)) {
    std::swap(first, second);
  }
  constexpr int century = 2000;
  if (third < 100) third += century;
  const record::Date date{std::chrono::year{third}, std::chrono::month{static_cast<unsigned>(second)},
                          std::chrono::day{static_cast<unsigned>(first)}};
  return date.ok() ? std::optional{date} : std::nullopt;
}

struct Head {
  record::User author;
  std::optional<record::Date> date;
  std::size_t end = 0;  ///< in the HTML, where the comment's text begins
};

// "Full Name <login>, 24/11/2026:", perhaps with a time.
std::optional<Head> head_of(std::string_view html, DateOrder order) {
  const Words words = words_of(html);
  const std::string_view text = words.text;
  const std::size_t greater = text.find(">,");
  if (greater == std::string_view::npos) return std::nullopt;
  const std::size_t less = text.rfind('<', greater);
  if (less == std::string_view::npos || less > longest_name) return std::nullopt;
  const std::string_view name = text::trim(text.substr(0, less)), login = text.substr(less + 1, greater - less - 1);
  if (login.empty() || login.find(' ') != std::string_view::npos || name.find("____") != std::string_view::npos)
    return std::nullopt;
  const std::size_t day = text.find_first_not_of(' ', greater + 2);
  if (day == std::string_view::npos) return std::nullopt;
  const auto date = date_of(text.substr(day, 10), order);
  if (!date) return std::nullopt;
  // The colon that ends it has no digit after it, as those of a time have.
  std::size_t colon = text.find(':', day);
  while (colon != std::string_view::npos && colon + 1 < text.size() && text[colon + 1] >= '0' &&
         text[colon + 1] <= '9' && colon - day > 10)
    colon = text.find(':', colon + 1);
  constexpr std::size_t longest_date = 40;
  if (colon == std::string_view::npos || colon - day > longest_date) return std::nullopt;
  return Head{{std::string{login}, std::string{name}, {}}, date, words.ends[colon]};
}

// Where the next line of underscores begins, and where it ends.
std::pair<std::size_t, std::size_t> next_line(std::string_view html, std::size_t from) {
  const std::string line(shortest_line, '_');
  const std::size_t begin = html.find(line, from);
  if (begin == std::string_view::npos) return {html.size(), html.size()};
  return {begin, std::min(html.find_first_not_of('_', begin), html.size())};
}

std::string day_text(record::Date date, DateOrder order) {
  const std::string iso = record::to_text(date);  // 2026-11-24
  const std::string year = iso.substr(0, 4), month = iso.substr(5, 2), day = iso.substr(8, 2);
  std::string out = order == DateOrder::day_first ? day : month;
  return out.append("/").append(order == DateOrder::day_first ? month : day).append("/").append(year);
}

// FNV-1a, as text: an id has to be the same in every run.
std::string digest(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16);
  return {digits.data(), error == std::errc{} ? end : digits.data()};
}

// Each run of white space as one blank: how ALM's client breaks lines changes whenever it saves the memo.
std::string words_alone(std::string_view text) {
  constexpr std::string_view no_break = "\u00a0";
  std::string out;
  bool apart = false;
  while (!text.empty()) {
    const bool wide = text.starts_with(no_break);
    if (wide || text::trim(text.substr(0, 1)).empty()) {
      apart = true;
    } else {
      if (apart && !out.empty()) out += ' ';
      apart = false;
      out += text.front();
    }
    text.remove_prefix(wide ? no_break.size() : 1);
  }
  return out;
}

void add_ids(std::vector<MemoComment>& comments) {
  std::map<std::string, int> seen;
  for (MemoComment& comment : comments) {
    std::string says = comment.author.id;
    says.append("\n").append(comment.date ? record::to_text(*comment.date) : "");
    const std::string id = digest(says.append("\n").append(words_alone(record::to_plain(comment.body))));
    const int before = seen[id]++;
    comment.id = before == 0 ? id : id + '-' + std::to_string(before + 1);
  }
}

bool is_one_of(std::string_view tag, std::initializer_list<std::string_view> names) {
  const std::string name = text::lower(tag.substr(0, tag.find_first_of(" \t\r\n/>")));
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Without what surrounds a comment in the memo: breaks, the end of what its head is in, the beginning of what the next
// line is in.
std::string_view without_frame(std::string_view html) {
  for (;;) {
    html = text::trim(html);
    const std::size_t end = html.starts_with('<') ? html.find('>') : std::string_view::npos;
    if (end == std::string_view::npos) break;
    const std::string_view tag = html.substr(1, end - 1);
    if (!tag.starts_with('/') && !is_one_of(tag, {"br"})) break;
    html.remove_prefix(end + 1);
  }
  for (;;) {
    html = text::trim(html);
    const std::size_t begin = html.ends_with('>') ? html.rfind('<') : std::string_view::npos;
    if (begin == std::string_view::npos) break;
    const std::string_view tag = html.substr(begin + 1, html.size() - begin - 2);
    if (!is_one_of(tag, {"br", "b", "strong", "font", "span", "div", "p"})) break;
    html.remove_suffix(html.size() - begin);
  }
  return html;
}

// Text that would be taken for the beginning of another comment.
std::string without_lines(const std::string& html) {
  std::string out;
  std::size_t in_a_row = 0;
  for (const char c : html) {
    in_a_row = c == '_' ? in_a_row + 1 : 0;
    if (in_a_row < shortest_line) out += c;
  }
  return out;
}

}  // namespace

std::vector<MemoComment> parse_memo(const std::string& memo, DateOrder order) {
  const std::string html = inner_html(memo);
  const std::string_view all = html;
  std::vector<MemoComment> comments;
  std::size_t start = 0;
  auto head = head_of(all, order);
  for (;;) {
    // A line that no head follows belongs to the text.
    auto [line, after] = next_line(all, start);
    auto next = head_of(all.substr(after), order);
    while (line < all.size() && !next) {
      std::tie(line, after) = next_line(all, after);
      next = head_of(all.substr(after), order);
    }
    MemoComment comment;
    std::string_view text = all.substr(start, line - start);
    if (head) {
      comment.author = head->author;
      comment.date = head->date;
      text.remove_prefix(std::min(head->end, text.size()));
    }
    comment.body = record::from_html(without_frame(text));
    if (head || !comment.body.empty()) comments.push_back(std::move(comment));
    if (line >= all.size()) break;
    start = after;
    head = std::move(next);
  }
  add_ids(comments);
  return comments;
}

std::string append_comment(const std::string& memo, const record::User& author, record::Date date,
                           const record::RichText& body, DateOrder order) {
  std::string out = inner_html(memo);
  const bool first = record::from_html(out).empty();
  if (first) out.clear();
  out.insert(0, "<html><body>");
  if (!first) out.append("<br/><b>").append(line_length, '_').append("</b><br/>");
  out.append("<b>").append(xml_escape(author.name)).append(" &lt;").append(xml_escape(author.id)).append("&gt;, ");
  out.append(day_text(date, order)).append(":</b> ");
  return out.append(without_lines(body.html())).append("</body></html>");
}

}  // namespace syncservice::adapter::alm
