// sync/pass — the state of one running pass. Private to the engine: made, run once and thrown away on one thread.
// pass.cpp has the way from the record to the written fields, mirror.cpp comments and attachments, withdraw.cpp what
// happens when a record is gone, pass_end.cpp how a pass ends.
#pragma once

#include "engine.hpp"

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/mapping/plan.hpp"
#include "syncservice/record/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::sync {

class Engine::Pass {
 public:
  enum class Mode : std::uint8_t { real, preview };
  Pass(Engine& engine, const Assignment& assignment, const std::stop_token& stop, Mode mode);

  [[nodiscard]] Report run();

 private:
  // The steps, in their order; each goes on to the next or ends the pass.
  [[nodiscard]] Report find_pair();
  [[nodiscard]] Report go_on_linked();
  [[nodiscard]] Report go_on_after_crash(const Intent& intent);
  [[nodiscard]] Report go_on_as_twin(const Intent& intent);
  [[nodiscard]] Report read_twin(mapping::PassInput input);
  [[nodiscard]] Report decide(mapping::PassInput input);
  [[nodiscard]] Report create(const mapping::PassInput& input, const mapping::PassPlan& plan);
  [[nodiscard]] Report write(const mapping::PassInput& input, const mapping::PassPlan& plan);
  [[nodiscard]] Report write_back(const mapping::PassInput& input, const mapping::PassPlan& plan,
                                  const record::Fields& other_now);
  [[nodiscard]] Report fields_written(const mapping::PassPlan& plan, record::Fields own_snapshot,
                                      record::Fields other_snapshot);
  /// Comments and attachments, then the end.
  [[nodiscard]] Report mirror();

  // Comments and attachments (mirror.cpp). A report, when the pass has to end there.
  struct CommentTask;
  [[nodiscard]] std::optional<Report> mirror_comments(Side from);
  [[nodiscard]] std::vector<CommentTask> new_comments(Side from, const std::vector<adapter::Comment>& listed);
  [[nodiscard]] std::optional<Report> send_comment(Side from, const CommentTask& task,
                                                   const std::vector<adapter::Comment>& there);
  [[nodiscard]] std::optional<Report> carry_out(Side from, const CommentTask& task,
                                                const std::vector<adapter::Comment>& there);
  [[nodiscard]] std::optional<Report> update_comment(Side from, const CommentTask& task);
  [[nodiscard]] std::optional<Report> update_secret(Side from, const CommentTask& task,
                                                    const std::vector<adapter::Comment>& there);
  [[nodiscard]] std::optional<Report> move_comment(Side from, const CommentTask& task,
                                                   const std::vector<adapter::Comment>& there);
  [[nodiscard]] std::optional<Report> withdraw_comment(Side from, const CommentTask& task,
                                                       const std::vector<adapter::Comment>& there);
  [[nodiscard]] std::optional<Report> retire_copies(Side from, const CommentTask& task, const std::string& kept);
  [[nodiscard]] std::optional<Report> remove_comments(Side from, const std::vector<adapter::Comment>& listed);
  [[nodiscard]] std::optional<Report> mirror_attachments(Side from);
  [[nodiscard]] std::optional<Report> send_attachment(Side from, const adapter::Attachment& attachment,
                                                      const std::vector<adapter::Attachment>& there);
  [[nodiscard]] std::optional<Report> remove_attachments(Side from, const std::vector<adapter::Attachment>& listed);
  [[nodiscard]] std::optional<Report> store_link();
  [[nodiscard]] std::optional<Report> store_intentions(Copies& copies);
  [[nodiscard]] std::optional<Report> load(std::optional<Copies>& copies, CopyKind kind);
  [[nodiscard]] std::string signature(Side from) const;
  [[nodiscard]] std::optional<std::string> original_named_in(Side at, const adapter::Comment& comment) const;
  [[nodiscard]] std::optional<Report> adopt_earlier_copies(Side at, const std::vector<adapter::Comment>& listed);
  [[nodiscard]] bool adopt_copy(Side at, const adapter::Comment& comment);
  [[nodiscard]] std::optional<Report> adopt_attachments(Side at, const std::vector<adapter::Attachment>& listed);
  [[nodiscard]] std::string heading(Side from, const adapter::Comment& comment, bool edited) const;

  // Records that are gone (withdraw.cpp).
  [[nodiscard]] Report origin_gone(const Error& error);
  [[nodiscard]] Report gone_by_name(const RecordKey& end, const Error& error);
  [[nodiscard]] Report not_admitted();
  [[nodiscard]] Report withdraw(registry::WhenGone policy, spool::Outcome outcome, std::string reason);
  [[nodiscard]] Report close_twin(spool::Outcome outcome, std::string reason);
  [[nodiscard]] Report remove_twin(spool::Outcome outcome, std::string reason);

  // The ends of a pass (pass_end.cpp).
  [[nodiscard]] Report conclude();
  [[nodiscard]] Report done(spool::Outcome outcome, std::string reason);
  [[nodiscard]] Report dead(std::string reason);
  [[nodiscard]] Report held(mapping::PassPlan plan);
  [[nodiscard]] Report waits_for(const std::vector<mapping::UnlinkedReference>& references);
  [[nodiscard]] Report later(std::string reason, std::chrono::milliseconds low, std::chrono::milliseconds high);
  [[nodiscard]] Report lost_race();
  /// A call at `side` failed.
  [[nodiscard]] Report failed(Side side, const Error& error);
  [[nodiscard]] Report try_again(std::string reason);
  [[nodiscard]] Report finish(spool::Verdict verdict);

  template <class Call>
  [[nodiscard]] Answer<Call> call(Side side, const Call& call);
  [[nodiscard]] adapter::Capabilities capabilities(Side side) const;
  [[nodiscard]] bool preview() const noexcept { return mode_ == Mode::preview; }
  [[nodiscard]] mapping::PassInput input() const;
  /// How much text the fields at that side take.
  [[nodiscard]] FieldLimits::Limits limits(Side side);
  /// The twin of a record that a field of ours refers to, along any app link between the same two applications.
  [[nodiscard]] std::optional<record::Reference> twin_of(Side from, const record::Reference& to) const;
  /// Takes over what an unfinished write of ours left behind, so that it is not taken for an edit.
  void adopt_pending(mapping::PassInput& input, const record::Fields& other_now);
  void adopt_pending(mapping::PassInput& input, Side written, const record::Fields& now);
  /// Snapshots as they are after the creation of a twin, which was meant to be that and now is `twin_now`.
  void adopt_creation(mapping::PassInput& input, const Pending& pending, Side twin, const record::Fields& twin_now);
  [[nodiscard]] bool in_steps(Side side, const std::string& field) const;
  [[nodiscard]] Pending pending_for(const mapping::PassInput& input, const mapping::PassPlan& plan) const;
  /// Notes until when the creation of that intent, which failed so, may have happened.
  void creation_ended(Intent intent, Timestamp asked, const Error& error);
  void pair_with(const ProjectName& project, const RecordId& id);
  [[nodiscard]] std::string name_of(Side side) const;  ///< of the application, for messages
  [[nodiscard]] bool take_twin();
  [[nodiscard]] ProjectName twin_project() const;
  [[nodiscard]] const RecordKey& end(Side side) const { return link_->end(side); }
  void say(std::string sentence);
  /// One sentence of many alike: after a few only how many more there are. `what`: "more comment".
  void say_each(const char* what, std::string sentence);
  /// Notes what was written beside fields.
  void note(Side side, std::string field, std::string from, std::string to, std::string because);

  Engine& engine_;
  const Assignment& assignment_;
  const std::stop_token& stop_;
  const Mode mode_;
  const spool::Push& push_;
  const registry::AppLink* app_link_;
  const Side side_;  // that pushed
  const Timestamp started_;
  RecordKey self_;       // the pusher's end, by the id that the system itself gives
  record::Record mine_;  // the record there

  std::optional<Link> link_;  // known from before, or made by this pass
  bool created_ = false, newly_linked_ = false;
  bool wrote_other_ = false, wrote_pusher_ = false;
  bool unsure_other_ = false, unsure_pusher_ = false;  // whether a call that failed wrote
  bool agreed_ = false;                                // a field that changed is the same at both sides
  bool save_link_ = false, pending_stored_ = false;
  std::int64_t drop_link_ = 0;
  std::string marker_;        // of the intent in work, empty if none
  bool intent_void_ = false;  // its creation certainly did not happen
  std::vector<mapping::Change> changes_;
  std::vector<FieldChange> notes_;
  std::optional<std::vector<mapping::HeldField>> held_;
  std::optional<Copies> comments_, attachments_;
  const char* each_of_ = nullptr;  // of say_each
  std::size_t each_count_ = 0, each_said_ = 0, each_end_ = 0;
  std::string said_;   // what was done, in sentences
  std::string found_;  // what an earlier pass had done without knowing, in sentences with a blank after each
};

template <class Call>
Engine::Answer<Call> Engine::Pass::call(Side side, const Call& call) {
  return engine_.call(*app_link_->end(side).application, self_.id, stop_, call);
}

/// `name` in quotes, for messages.
[[nodiscard]] std::string in_quotes(const std::string& name);

/// `fields` with every field that `patch` names as `read_back` has it. Other fields stay as they were read before the
/// write: what else changed over there meanwhile nobody has looked at, and the next pass must find it changed.
[[nodiscard]] record::Fields overlay(record::Fields fields, const record::Fields& patch,
                                     const record::Fields& read_back);

}  // namespace syncservice::sync
