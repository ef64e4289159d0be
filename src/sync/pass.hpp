// sync/pass — the state of one running pass. Private to the engine: made, run once and thrown away on one thread.
#pragma once

#include "engine.hpp"

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/mapping/plan.hpp"
#include "syncservice/record/record.hpp"

#include <string>
#include <type_traits>

namespace syncservice::sync {

class Engine::Pass {
 public:
  Pass(Engine& engine, const Assignment& assignment, const std::stop_token& stop);

  [[nodiscard]] Report run();

 private:
  // The steps, in their order; each goes on to the next or ends the pass.
  [[nodiscard]] Report find_pair();
  [[nodiscard]] Report go_on_linked();
  [[nodiscard]] Report go_on_after_crash(const Intent& intent);
  [[nodiscard]] Report go_on_as_twin(const Intent& intent);
  [[nodiscard]] Report read_twin(mapping::PassInput input);
  [[nodiscard]] Report decide(const mapping::PassInput& input);
  [[nodiscard]] Report create(const mapping::PassInput& input, const mapping::PassPlan& plan);
  [[nodiscard]] Report write_back(const mapping::PassInput& input, const mapping::PassPlan& plan,
                                  const record::Fields& other_now);

  // The ends of a pass.
  [[nodiscard]] Report finish_written(const mapping::PassPlan& plan, record::Fields own_snapshot,
                                      record::Fields other_snapshot);
  [[nodiscard]] Report done(spool::Outcome outcome, std::string reason);
  [[nodiscard]] Report dead(std::string reason);
  [[nodiscard]] Report held(const mapping::PassPlan& plan);
  [[nodiscard]] Report lost_race() const;
  /// A call at `side` failed.
  [[nodiscard]] Report failed(Side side, const Error& error);
  [[nodiscard]] Report try_again(std::string reason);
  [[nodiscard]] Report finish(spool::Verdict verdict);

  template <class Call>
  using Answer = std::invoke_result_t<const Call&, adapter::Adapter&, const adapter::CallContext&>;
  /// Calls the adapter of that side, bounded in time, and notes how its application fared.
  template <class Call>
  [[nodiscard]] Answer<Call> call(Side side, const Call& call);
  [[nodiscard]] mapping::PassInput input() const;
  void pair_with(const ProjectName& project, const RecordId& id);
  [[nodiscard]] std::string name_of(Side side) const;  ///< of the application, for messages
  [[nodiscard]] bool take_twin();
  [[nodiscard]] ProjectName twin_project() const;

  Engine& engine_;
  const Assignment& assignment_;
  const std::stop_token& stop_;
  const spool::Push& push_;
  const registry::AppLink* app_link_;
  const Side side_;  // that pushed
  const Timestamp started_;
  RecordKey self_;       // the pusher's end, by the id that the system itself gives
  record::Record mine_;  // the record there

  std::optional<Link> link_;  // known from before, or made by this pass
  bool created_ = false;
  bool wrote_other_ = false, wrote_pusher_ = false;
  std::optional<Link> link_to_save_;
  std::string marker_;  // of the intent in work, empty if none
  std::vector<mapping::Change> changes_;
};

}  // namespace syncservice::sync
