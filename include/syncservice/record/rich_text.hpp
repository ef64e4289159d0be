// record/rich_text — formatted text in one canonical form, and the ways into it and out of it. The canonical form is a
// small subset of HTML: paragraphs, headings, nested lists, tables, code blocks, quotes, rules; in them bold, italic,
// underlined, struck, sub- and superscript, code, links, line breaks, and images that name an attachment. Whatever the
// source, no script, event handler, style, frame, comment or link of another scheme than http, https, mailto, ftp and
// file passes; what is beyond the subset degrades to its text. Canonical text read again is the same text.
#pragma once

#include "syncservice/record/record.hpp"

#include <string>
#include <string_view>

namespace syncservice::record {

/// HTML of any quality. Where more than 400 elements stand in each other, or one tag is longer than 16 KiB (embedded
/// data not counted), the text keeps its words and loses its form.
[[nodiscard]] RichText from_html(std::string_view html);

/// Every line a line, every blank line a new paragraph.
[[nodiscard]] RichText from_plain(std::string_view text);
/// Without formatting: lists with "- " and "1. ", cells with " | ", links as "text (address)", images as "[name]".
[[nodiscard]] std::string to_plain(const RichText& text);

/// CommonMark with GitHub's tables, strikethrough, task lists and bare addresses. HTML in it is text.
[[nodiscard]] RichText from_markdown(std::string_view markdown);

/// Jira's wiki markup. docs/rich-text.md says what it has no form for.
[[nodiscard]] RichText from_wiki(std::string_view wiki);
[[nodiscard]] std::string to_wiki(const RichText& text);

/// Atlassian Document Format. Fails (permanent) on what is not a JSON document of that kind; nodes that are unknown
/// degrade to their text.
[[nodiscard]] Result<RichText> from_adf(std::string_view json);
[[nodiscard]] std::string to_adf(const RichText& text);

/// The blocks of one after those of the other.
[[nodiscard]] RichText concat(const RichText& first, const RichText& second);

}  // namespace syncservice::record
