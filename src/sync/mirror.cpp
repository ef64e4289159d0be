#include "fault.hpp"
#include "pass.hpp"
#include "scratch.hpp"

#include "syncservice/base/hash.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace syncservice::sync {
namespace {

constexpr std::string_view signature_end = "):";
constexpr char edit_mark = '#';     // ids of appended edits: the comment's id, this, what is seen of it
constexpr char private_mark = 'p';  // first in what is seen of a private comment; fingerprints have no such letter

// How many comments and attachments a reason names one by one.
constexpr std::size_t said_of_each = 3;
constexpr const char* more_comments = "more comment";
constexpr const char* more_attachments = "more attachment";

// The id of the comment itself.
std::string_view comment_of(std::string_view original) {
  return original.substr(0, original.find(edit_mark));
}

// What is kept of a comment that went across: whether it was private, and which text it had.
std::string seen_of(bool is_private, const record::RichText& body) {
  return (is_private ? std::string(1, private_mark) : std::string{}) + fingerprint(body.html());
}

bool went_private(const Copy& copy) {
  return copy.seen.starts_with(private_mark);
}

// What is seen of a copy, when it is known anew who may read it.
std::string marked(bool is_private, const Copy& copy) {
  const std::string text = went_private(copy) ? copy.seen.substr(1) : copy.seen;
  return is_private ? private_mark + text : text;
}

const adapter::Comment* find_comment(const std::vector<adapter::Comment>& comments, std::string_view id) {
  const auto found =
      std::find_if(comments.begin(), comments.end(), [&](const auto& comment) { return comment.id.str() == id; });
  return found == comments.end() ? nullptr : &*found;
}

// "2026-11-24 02:53:11 UTC".
std::string when(Timestamp instant) {
  std::string text = to_rfc3339(instant);
  text.resize(19);
  text[10] = ' ';
  return text + " UTC";
}

std::string person(const record::User& user) {
  std::string name = record::Value{user}.text();
  return name.empty() ? std::string{"Somebody"} : name;
}

// Text with every run of white space as one blank: what survives most systems.
std::string squeezed(std::string_view text) {
  std::string out;
  bool gap = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

// A file's name without a path, as some systems keep it.
std::string base_name(const std::string& name) {
  std::string base = name.substr(name.find_last_of("/\\") + 1);
  return base.empty() ? std::string{"attachment"} : base;
}

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

}  // namespace

/// A comment that has to go across, or whose copy has to change.
struct Engine::Pass::CommentTask {
  enum class Act : std::uint8_t {
    send,
    change,    // the copy gets the new text
    move,      // it became private or public: another copy takes the place of those that are there
    withdraw,  // it became private and private ones stay: its copies go
  };
  const adapter::Comment* comment;
  Original original;  // with what is seen of it, when another copy comes beside the first
  std::string heading;
  bool look_first;  // it may have gone across before
  Act act;

  [[nodiscard]] Original whole() const { return {original.side, comment->id.str()}; }
  /// The other side's comments have to be known: nobody but they say who may read the copy.
  [[nodiscard]] bool looks() const {
    return look_first || act == Act::move || act == Act::withdraw || is_secret_change();
  }
  [[nodiscard]] bool is_secret_change() const { return act == Act::change && comment->is_private; }
};

std::optional<Report> Engine::Pass::load(std::optional<Copies>& copies, CopyKind kind) {
  if (copies) return std::nullopt;
  Result<Copies> loaded = Copies::load(engine_.store_, kind, link_->id);
  if (!loaded) return try_again(loaded.error().message);
  copies = std::move(*loaded);
  return std::nullopt;
}

std::optional<Report> Engine::Pass::store_link() {
  if (link_->id != 0) return std::nullopt;
  link_->created = engine_.clock_.now();
  if (preview()) return std::nullopt;
  std::int64_t id = 0;
  const Result<void> stored = engine_.store_.write([&](store::Transaction& tx) {
    id = save_link(tx, *link_, engine_.clock_.now());
    if (!marker_.empty()) remove_intent(tx, marker_);
  });
  if (!stored) return try_again(stored.error().message);
  link_->id = id;
  save_link_ = false;
  fault_point("link stored");
  return std::nullopt;
}

std::optional<Report> Engine::Pass::store_intentions(Copies& copies) {
  if (!copies.changed()) return std::nullopt;
  const Result<void> stored = engine_.store_.write([&](store::Transaction& tx) { copies.save(tx); });
  if (!stored) return try_again(stored.error().message);
  copies.saved();
  return std::nullopt;
}

std::string Engine::Pass::heading(Side from, const adapter::Comment& comment, bool edited) const {
  std::string text = person(comment.author);
  text.append(edited ? " changed this comment, " : ", ");
  text.append(when(edited ? comment.edited.value_or(comment.created) : comment.created));
  return text.append(" ").append(signature(from)).append(comment.id.str()).append(signature_end);
}

void Engine::Pass::say_each(const char* what, std::string sentence) {
  if (what != each_of_ || said_.size() != each_end_) {
    each_of_ = what;
    each_count_ = 0;
  }
  if (++each_count_ <= said_of_each) {
    say(std::move(sentence));
    each_said_ = said_.size();
  } else {
    said_.resize(each_said_);
    say("And " + counted(each_count_ - said_of_each, what) + '.');
  }
  each_end_ = said_.size();
}

std::string Engine::Pass::signature(Side from) const {
  return "(" + name_of(from) + " " + end(from).id.str() + ", comment ";
}

// The original that a comment names in its first line, as our copies do. Anybody may write such a line.
std::optional<std::string> Engine::Pass::original_named_in(Side at, const adapter::Comment& comment) const {
  const std::string text = record::to_plain(comment.body);
  const std::string line = squeezed(std::string_view{text}.substr(0, text.find('\n')));
  const std::string sign = signature(other(at));
  const std::size_t begin = line.rfind(sign);
  if (begin == std::string::npos || !line.ends_with(signature_end)) return std::nullopt;
  const std::size_t id = begin + sign.size();
  if (id + signature_end.size() > line.size()) return std::nullopt;
  return line.substr(id, line.size() - signature_end.size() - id);
}

// A copy of ours that the store does not know: the daemon died, or the answer was lost, after it was sent.
bool Engine::Pass::adopt_copy(Side at, const adapter::Comment& comment) {
  const std::optional<std::string> original = original_named_in(at, comment);
  if (!original) return false;
  bool ours = false;
  for (const auto& [known, copy] : comments_->all()) {
    if (known.side != other(at) || copy.id || comment_of(known.id) != *original) continue;
    ours = true;
    if (went_private(copy) != comment.is_private) continue;
    comments_->put(Original{known}, {comment.id.str(), std::string{copy.seen}});
    break;
  }
  return ours;
}

// Copies made along an earlier link of the same records: their heading is the very one that we would write, and their
// original has no copy that we know of.
std::optional<Report> Engine::Pass::adopt_earlier_copies(Side at, const std::vector<adapter::Comment>& listed) {
  const Side from = other(at);
  std::optional<std::vector<adapter::Comment>> originals;
  for (const adapter::Comment& comment : listed) {
    if (comments_->is_copy(at, comment.id.str()) || comments_->find({at, comment.id.str()}) != nullptr) continue;
    const std::optional<std::string> id = original_named_in(at, comment);
    if (!id || comments_->find({from, *id}) != nullptr) continue;
    if (!originals) {
      const RecordKey& origin = end(from);
      Result<std::vector<adapter::Comment>> found =
          call(from, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
            return adapter.comments(origin.project, origin.id, context);
          });
      if (!found) return failed(from, found.error());
      originals = std::move(*found);
    }
    const adapter::Comment* original = find_comment(*originals, *id);
    if (original == nullptr) continue;
    const std::string text = record::to_plain(comment.body);
    if (!squeezed(text).starts_with(squeezed(heading(from, *original, false)))) continue;
    comments_->put({from, *id}, {comment.id.str(), seen_of(comment.is_private, original->body)});
  }
  return std::nullopt;
}

std::vector<Engine::Pass::CommentTask> Engine::Pass::new_comments(Side from,
                                                                  const std::vector<adapter::Comment>& listed) {
  using Act = CommentTask::Act;
  const registry::CommentRules& rules = app_link_->comments;
  const adapter::Capabilities there = capabilities(other(from));
  std::vector<CommentTask> tasks;
  for (const adapter::Comment& comment : listed) {
    if (comments_->is_copy(from, comment.id.str()) || adopt_copy(from, comment)) continue;
    const Original original{from, comment.id.str()};
    const Copy* known = comments_->find(original);
    const bool copied = known != nullptr && known->id;
    if (comment.is_private && !(rules.private_too && there.private_comments)) {
      if (copied && !went_private(*known) && there.edit_comments) {
        tasks.push_back({&comment, original, {}, false, Act::withdraw});
      }
      continue;
    }
    const std::string seen = seen_of(comment.is_private, comment.body);
    if (known == nullptr) {
      if (!rules.existing && comment.created < link_->created) continue;
      tasks.push_back({&comment, original, heading(from, comment, false), newly_linked_ && !created_, Act::send});
      comments_->put(original, {std::nullopt, seen});
      continue;
    }
    if (!copied) {
      tasks.push_back({&comment, original, heading(from, comment, false), true, Act::send});
      continue;
    }
    if (known->seen == seen) continue;
    const Original beside{from, comment.id.str() + edit_mark + seen};
    const Copy* sent = comments_->find(beside);
    if (went_private(*known) != comment.is_private) {
      tasks.push_back({&comment, beside, heading(from, comment, false), sent != nullptr, Act::move});
      if (sent == nullptr) comments_->put(beside, {std::nullopt, seen});
      continue;
    }
    if (rules.edited == registry::WhenEdited::ignore) continue;
    if (rules.edited == registry::WhenEdited::update && there.edit_comments) {
      tasks.push_back({&comment, original, heading(from, comment, false), false, Act::change});
      continue;
    }
    if (sent != nullptr && sent->id) continue;
    tasks.push_back({&comment, beside, heading(from, comment, true), sent != nullptr, Act::send});
    if (sent == nullptr) comments_->put(beside, {std::nullopt, seen});
  }
  return tasks;
}

std::optional<Report> Engine::Pass::mirror_comments(Side from) {
  const Side to = other(from);
  const registry::CommentRules& rules = app_link_->comments;
  if (!(from == Side::source ? rules.to_destination : rules.to_source)) return std::nullopt;
  if (!capabilities(from).comments || !capabilities(to).comments) return std::nullopt;
  const RecordKey origin = end(from);
  const Result<std::vector<adapter::Comment>> listed =
      call(from, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
        return adapter.comments(origin.project, origin.id, context);
      });
  if (!listed) return failed(from, listed.error());
  if (listed->empty() && link_->id == 0) return std::nullopt;
  if (auto end = store_link()) return end;
  if (auto end = load(comments_, CopyKind::comment)) return end;

  if (auto end = adopt_earlier_copies(from, *listed)) return end;
  const std::vector<CommentTask> tasks = new_comments(from, *listed);
  if (preview()) {
    if (!tasks.empty()) say("Would copy " + counted(tasks.size(), "comment") + " to " + name_of(to) + ".");
    return std::nullopt;
  }
  if (auto end = store_intentions(*comments_)) return end;
  fault_point("comments intended");
  std::vector<adapter::Comment> there;
  if (std::any_of(tasks.begin(), tasks.end(), [](const CommentTask& task) { return task.looks(); })) {
    const RecordKey twin = end(to);
    Result<std::vector<adapter::Comment>> found =
        call(to, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
          return adapter.comments(twin.project, twin.id, context);
        });
    if (!found) return failed(to, found.error());
    there = std::move(*found);
  }
  for (const CommentTask& task : tasks) {
    if (auto end = carry_out(from, task, there)) return end;
  }
  return remove_comments(from, *listed);
}

std::optional<Report> Engine::Pass::carry_out(Side from, const CommentTask& task,
                                              const std::vector<adapter::Comment>& there) {
  switch (task.act) {
    case CommentTask::Act::send:
      return send_comment(from, task, there);
    case CommentTask::Act::change:
      return task.is_secret_change() ? update_secret(from, task, there) : update_comment(from, task);
    case CommentTask::Act::move:
      return move_comment(from, task, there);
    case CommentTask::Act::withdraw:
      return withdraw_comment(from, task, there);
  }
  return std::nullopt;
}

std::optional<Report> Engine::Pass::send_comment(Side from, const CommentTask& task,
                                                 const std::vector<adapter::Comment>& there) {
  const Side to = other(from);
  const RecordKey& twin = end(to);
  const std::string seen = seen_of(task.comment->is_private, task.comment->body);
  std::optional<std::string> id;
  if (task.look_first) {
    for (const adapter::Comment& candidate : there) {
      if (comments_->is_copy(to, candidate.id.str()) ||
          !squeezed(record::to_plain(candidate.body)).starts_with(squeezed(task.heading))) {
        continue;
      }
      if (candidate.is_private == task.comment->is_private) {
        id = candidate.id.str();
        continue;
      }
      // Sent before it became what it is now.
      const std::string before = seen_of(candidate.is_private, candidate.body);
      comments_->put({from, task.comment->id.str() + edit_mark + before}, {candidate.id.str(), before});
    }
  }
  if (!id) {
    const adapter::NewComment wanted{record::concat(record::from_plain(task.heading), task.comment->body),
                                     task.comment->is_private};
    const Result<adapter::Comment> added =
        call(to, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
          return adapter.add_comment(twin.project, twin.id, wanted, context);
        });
    fault_point("comment sent");
    if (!added) return failed(to, added.error());
    id = added->id.str();
    note(to, "comment " + *id, {}, record::to_plain(task.comment->body),
         "comment " + task.comment->id.str() + " of " + end(from).id.str());
    say_each(more_comments,
             "Copied comment " + task.comment->id.str() + " to " + twin.id.str() + " in " + name_of(to) + ".");
  }
  comments_->put(task.original, {id, seen});
  const Original whole = task.whole();
  if (task.original != whole && task.act == CommentTask::Act::send) {
    if (const Copy* base = comments_->find(whole)) comments_->put(whole, {base->id, seen});
  }
  return task.act == CommentTask::Act::send && task.look_first ? retire_copies(from, task, *id) : std::nullopt;
}

std::optional<Report> Engine::Pass::update_comment(Side from, const CommentTask& task) {
  const Side to = other(from);
  const RecordKey& twin = end(to);
  const Original whole = task.whole();
  const Copy copy = *comments_->find(whole);
  const record::RichText body = record::concat(record::from_plain(task.heading), task.comment->body);
  const Result<adapter::Comment> changed =
      call(to, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
        return adapter.update_comment(twin.project, twin.id, adapter::CommentId{*copy.id}, body, context);
      });
  fault_point("comment changed");
  // Somebody deleted the copy over there: that stays so.
  if (!changed && changed.error().failure != FailureClass::gone) return failed(to, changed.error());
  comments_->put(whole, {copy.id, seen_of(task.comment->is_private, task.comment->body)});
  if (changed) {
    note(to, "comment " + *copy.id, {}, record::to_plain(task.comment->body), "edited at the other side");
    say_each(more_comments, "Changed the copy of comment " + task.comment->id.str() + " in " + name_of(to) + ".");
  }
  return std::nullopt;
}

// Somebody may have made the copy public over there: what is private must not get into it.
std::optional<Report> Engine::Pass::update_secret(Side from, const CommentTask& task,
                                                  const std::vector<adapter::Comment>& there) {
  const adapter::Comment* copy = find_comment(there, *comments_->find(task.whole())->id);
  if (copy == nullptr || copy->is_private) return update_comment(from, task);
  const std::string seen = seen_of(true, task.comment->body);
  CommentTask move = task;
  move.act = CommentTask::Act::move;
  move.original.id += edit_mark + seen;
  comments_->put(move.original, {std::nullopt, seen});
  if (auto end = store_intentions(*comments_)) return end;
  return move_comment(from, move, there);
}

std::optional<Report> Engine::Pass::move_comment(Side from, const CommentTask& task,
                                                 const std::vector<adapter::Comment>& there) {
  const Original whole = task.whole();
  Copy before = *comments_->find(whole);
  const std::string seen = seen_of(task.comment->is_private, task.comment->body);
  const adapter::Comment* copy = find_comment(there, *before.id);
  if (copy != nullptr) before.seen = marked(copy->is_private, before);
  if (!task.look_first && (copy == nullptr || copy->is_private == task.comment->is_private)) {
    comments_->remove(task.original);
    // Deleted over there: that stays so.
    if (copy == nullptr) {
      comments_->put(whole, {before.id, seen});
      return std::nullopt;
    }
    // Somebody did the same to the copy, or an older version of ours did not keep what it was.
    comments_->put(whole, before);
    if (before.seen == seen || app_link_->comments.edited != registry::WhenEdited::update ||
        !capabilities(other(from)).edit_comments) {
      return std::nullopt;
    }
    return update_comment(from, task);
  }
  if (const Copy* sent = comments_->find(task.original); !sent->id) {
    if (auto end = send_comment(from, task, there)) return end;
  }
  const Copy made = *comments_->find(task.original);
  comments_->put(whole, before);
  if (auto end = retire_copies(from, task, *made.id)) return end;
  if (comments_->find(whole) != nullptr) comments_->put({from, whole.id + edit_mark + before.seen}, before);
  comments_->remove(task.original);
  comments_->put(whole, made);
  return std::nullopt;
}

std::optional<Report> Engine::Pass::withdraw_comment(Side from, const CommentTask& task,
                                                     const std::vector<adapter::Comment>& there) {
  const Original whole = task.whole();
  const Copy before = *comments_->find(whole);
  const adapter::Comment* copy = find_comment(there, *before.id);
  if (copy != nullptr && copy->is_private) {
    comments_->put(whole, {before.id, marked(true, before)});
    return std::nullopt;
  }
  return retire_copies(from, task, {});
}

// Deletes the copies of the comment that others may read than may read it now, all but `kept`. Where that can't be,
// they stay as they are.
std::optional<Report> Engine::Pass::retire_copies(Side from, const CommentTask& task, const std::string& kept) {
  const Side to = other(from);
  if (!capabilities(to).edit_comments) return std::nullopt;
  const RecordKey& twin = end(to);
  const std::map<Original, Copy> all = comments_->all();
  // The first copy comes last: as long as it is known, the next pass goes on here.
  for (auto entry = all.rbegin(); entry != all.rend(); ++entry) {
    const auto& [original, copy] = *entry;
    if (original.side != from || comment_of(original.id) != task.comment->id.str()) continue;
    if (!copy.id || *copy.id == kept || went_private(copy) == task.comment->is_private) continue;
    const Result<void> removed = call(to, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
      return adapter.remove_comment(twin.project, twin.id, adapter::CommentId{*copy.id}, context);
    });
    fault_point("comment deleted");
    const char* now = task.comment->is_private ? "private" : "public";
    if (!removed && removed.error().failure == FailureClass::permanent) {
      note(to, "comment " + *copy.id, {}, {},
           std::string{"its original became "} + now + "; not deleted: " + removed.error().message);
      continue;
    }
    if (!removed && removed.error().failure != FailureClass::gone) return failed(to, removed.error());
    comments_->remove(original);
    note(to, "comment " + *copy.id, {}, {}, std::string{"deleted: its original became "} + now);
    say_each(more_comments, "Deleted the copy of comment " + task.comment->id.str() + " in " + name_of(to) +
                                ": it became " + now + ".");
  }
  return std::nullopt;
}

std::optional<Report> Engine::Pass::remove_comments(Side from, const std::vector<adapter::Comment>& listed) {
  const Side to = other(from);
  if (app_link_->comments.removed == registry::WhenRemoved::keep || !capabilities(to).edit_comments) {
    return std::nullopt;
  }
  const RecordKey& twin = end(to);
  const std::map<Original, Copy> all = comments_->all();
  for (const auto& [original, copy] : all) {
    if (original.side != from) continue;
    const bool alive = std::any_of(listed.begin(), listed.end(), [&](const adapter::Comment& comment) {
      return comment.id.str() == comment_of(original.id);
    });
    if (alive) continue;
    if (copy.id) {
      const Result<void> removed = call(to, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
        return adapter.remove_comment(twin.project, twin.id, adapter::CommentId{*copy.id}, context);
      });
      fault_point("comment deleted");
      if (!removed && removed.error().failure != FailureClass::gone) return failed(to, removed.error());
      note(to, "comment " + *copy.id, {}, {}, "deleted at the other side");
      say_each(more_comments, "Deleted the copy of comment " + original.id + " in " + name_of(to) + ".");
    }
    comments_->remove(original);
  }
  return std::nullopt;
}

std::optional<Report> Engine::Pass::mirror_attachments(Side from) {
  const Side to = other(from);
  const registry::AttachmentRules& rules = app_link_->attachments;
  if (!(from == Side::source ? rules.to_destination : rules.to_source)) return std::nullopt;
  if (!capabilities(from).attachments || !capabilities(to).attachments) return std::nullopt;
  const RecordKey origin = end(from);
  const auto list = [&](Side side, const RecordKey& record) {
    return call(side, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
      return adapter.attachments(record.project, record.id, context);
    });
  };
  const Result<std::vector<adapter::Attachment>> listed = list(from, origin);
  if (!listed) return failed(from, listed.error());
  if (listed->empty() && link_->id == 0) return std::nullopt;
  if (auto end = store_link()) return end;
  if (auto end = load(attachments_, CopyKind::attachment)) return end;

  if (auto end = adopt_attachments(from, *listed)) return end;
  const std::uint64_t there_at_most = capabilities(to).max_attachment;
  const auto too_large = [&](std::uint64_t size) {
    return (rules.max_size != 0 && size > rules.max_size) || (there_at_most != 0 && size > there_at_most);
  };
  std::vector<const adapter::Attachment*> wanted;
  bool look_first = false;
  for (const adapter::Attachment& attachment : *listed) {
    const Original original{from, attachment.id.str()};
    if (attachments_->is_copy(from, attachment.id.str())) continue;
    const Copy* known = attachments_->find(original);
    const bool left_out = known != nullptr && known->id && known->id->empty();
    if (known != nullptr && known->id && !left_out) continue;
    if (known == nullptr && !rules.existing && attachment.created < link_->created) continue;
    if (too_large(attachment.size)) {
      if (left_out) continue;
      attachments_->put(original, {std::string{}, {}});
      note(to, "attachment", {}, attachment.name,
           "left out: " + std::to_string(attachment.size) + " bytes are more than allowed");
      continue;
    }
    look_first = look_first || (known != nullptr && !left_out) || (newly_linked_ && !created_);
    attachments_->put(original, {std::nullopt, {}});
    wanted.push_back(&attachment);
  }
  if (preview()) {
    if (!wanted.empty()) say("Would copy " + counted(wanted.size(), "attachment") + " to " + name_of(to) + ".");
    return std::nullopt;
  }
  if (auto end = store_intentions(*attachments_)) return end;
  fault_point("attachments intended");
  std::vector<adapter::Attachment> there;
  if (look_first) {
    Result<std::vector<adapter::Attachment>> found = list(to, end(to));
    if (!found) return failed(to, found.error());
    there = std::move(*found);
  }
  for (const adapter::Attachment* attachment : wanted) {
    if (auto end = send_attachment(from, *attachment, there)) return end;
  }
  return remove_attachments(from, *listed);
}

// Copies of ours that the store does not know, among what is `listed` at that side: as for comments, but an attachment
// bears no signature, so name and size must do.
std::optional<Report> Engine::Pass::adopt_attachments(Side at, const std::vector<adapter::Attachment>& listed) {
  const Side from = other(at);
  std::vector<Original> intended;
  for (const auto& [original, copy] : attachments_->all()) {
    if (original.side == from && !copy.id) intended.push_back(original);
  }
  if (intended.empty()) return std::nullopt;
  const RecordKey origin = end(from);
  const Result<std::vector<adapter::Attachment>> originals =
      call(from, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
        return adapter.attachments(origin.project, origin.id, context);
      });
  if (!originals) return failed(from, originals.error());
  for (const Original& original : intended) {
    const auto one = std::find_if(originals->begin(), originals->end(),
                                  [&](const adapter::Attachment& other) { return other.id.str() == original.id; });
    if (one == originals->end()) continue;
    const auto copy = std::find_if(listed.begin(), listed.end(), [&](const adapter::Attachment& candidate) {
      return candidate.name == base_name(one->name) && candidate.size == one->size &&
             !attachments_->is_copy(at, candidate.id.str()) && attachments_->find({at, candidate.id.str()}) == nullptr;
    });
    if (copy != listed.end()) attachments_->put(original, {copy->id.str(), {}});
  }
  return std::nullopt;
}

std::optional<Report> Engine::Pass::send_attachment(Side from, const adapter::Attachment& attachment,
                                                    const std::vector<adapter::Attachment>& there) {
  const Side to = other(from);
  const RecordKey& origin = end(from);
  const RecordKey& twin = end(to);
  const Original original{from, attachment.id.str()};
  const std::string name = base_name(attachment.name);
  Result<ScratchFile> scratch = ScratchFile::make(engine_.settings_.scratch_folder);
  if (!scratch) return try_again(scratch.error().message);
  Fnv1a content;
  const Result<void> got = call(from, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
    return adapter.download(
        origin.project, origin.id, attachment.id,
        [&](std::string_view piece) {
          content.add(piece);
          return scratch->append(piece);
        },
        context);
  });
  if (!got) return failed(from, got.error());
  for (const adapter::Attachment& candidate : there) {
    if (candidate.name != name || candidate.size != attachment.size) continue;
    if (attachments_->is_copy(to, candidate.id.str()) || attachments_->find({to, candidate.id.str()}) != nullptr)
      continue;
    Fnv1a its;
    const Result<void> read = call(to, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
      return adapter.download(
          twin.project, twin.id, candidate.id,
          [&](std::string_view piece) {
            its.add(piece);
            return Result<void>{};
          },
          context);
    });
    if (!read) {
      const FailureClass failure = read.error().failure;
      if (failure == FailureClass::gone || failure == FailureClass::permanent) continue;
      return failed(to, read.error());
    }
    if (its.value() != content.value()) continue;
    attachments_->put(original, {candidate.id.str(), {}});
    return std::nullopt;
  }
  const adapter::NewAttachment wanted{name, attachment.media_type, scratch->size()};
  const Result<adapter::Attachment> sent =
      call(to, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
        return adapter.upload(
            twin.project, twin.id, wanted, [&](std::span<char> piece) { return scratch->read(piece); }, context);
      });
  fault_point("attachment sent");
  if (!sent) return failed(to, sent.error());
  attachments_->put(original, {sent->id.str(), {}});
  note(to, "attachment " + sent->id.str(), {}, attachment.name,
       "attached by " + person(attachment.author) + ", " + when(attachment.created));
  say_each(more_attachments,
           "Copied attachment " + in_quotes(attachment.name) + " to " + twin.id.str() + " in " + name_of(to) + ".");
  return std::nullopt;
}

std::optional<Report> Engine::Pass::remove_attachments(Side from, const std::vector<adapter::Attachment>& listed) {
  const Side to = other(from);
  if (app_link_->attachments.removed == registry::WhenRemoved::keep || !capabilities(to).remove_attachments) {
    return std::nullopt;
  }
  const RecordKey& twin = end(to);
  const std::map<Original, Copy> all = attachments_->all();
  for (const auto& [original, copy] : all) {
    if (original.side != from) continue;
    const bool alive = std::any_of(listed.begin(), listed.end(), [&](const adapter::Attachment& attachment) {
      return attachment.id.str() == original.id;
    });
    if (alive) continue;
    if (copy.id && !copy.id->empty()) {
      const Result<void> removed = call(to, [&](adapter::Adapter& adapter, const adapter::CallContext& context) {
        return adapter.remove_attachment(twin.project, twin.id, adapter::AttachmentId{*copy.id}, context);
      });
      fault_point("attachment deleted");
      if (!removed && removed.error().failure != FailureClass::gone) return failed(to, removed.error());
      note(to, "attachment " + *copy.id, {}, {}, "deleted at the other side");
      say_each(more_attachments, "Deleted the copy of attachment " + original.id + " in " + name_of(to) + ".");
    }
    attachments_->remove(original);
  }
  return std::nullopt;
}

}  // namespace syncservice::sync
