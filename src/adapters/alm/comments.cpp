// Comments: one memo, which a write replaces as a whole. It is read, appended to and written under the entity's lock,
// so that neither another person's comment nor another worker's gets lost.
#include "alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter::alm {
namespace {

constexpr std::chrono::seconds unlocking{10};

// Holds the lock of an entity, which others see; given back even when the call has to end.
class EntityLock {
 public:
  EntityLock(const Api& api, Spot spot) : api_(api), spot_(std::move(spot)) {}
  EntityLock(const EntityLock&) = delete;
  EntityLock& operator=(const EntityLock&) = delete;
  ~EntityLock() {
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + unlocking;
    // What can't be unlocked is so when the session ends.
    static_cast<void>(api_.unlock(spot_, context));
  }

 private:
  const Api& api_;
  const Spot spot_;
};

}  // namespace

std::vector<Comment> AlmAdapter::to_comments(const Schema& schema, const Entity& entity) const {
  std::vector<Comment> out;
  for (MemoComment& one : parse_memo(entity.first(schema.comments), options_.dates)) {
    Comment comment;
    comment.id = CommentId{one.id};
    const auto user = schema.users.find(one.author.id);
    comment.author = user == schema.users.end() ? one.author : user->second;
    if (one.date) {
      // The end of its day, so that none made after something counts as made before it.
      const auto end = options_.zone.instant(record::to_text(*one.date) + " 23:59:59");
      comment.created = end.value_or(Timestamp{});
    }
    comment.body = std::move(one.body);
    out.push_back(std::move(comment));
  }
  return out;
}

Result<std::vector<Comment>> AlmAdapter::comments(const ProjectName& project, const RecordId& id,
                                                  const CallContext& context) {
  const std::string doing = about("reading the comments of ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  const auto schema = customization_.get(spot->place, spot->type, context);
  if (!schema) return schema.error();
  const auto entity = settled(**schema, *spot, doing, context);
  if (!entity) return entity.error();
  if ((*schema)->comments.empty()) return std::vector<Comment>{};
  return to_comments(**schema, *entity);
}

Result<Comment> AlmAdapter::add_comment(const ProjectName& project, const RecordId& id, const NewComment& comment,
                                        const CallContext& context) {
  const std::string doing = about("adding a comment to ", id);
  const auto spot = spot_of(project, id, doing, context);
  if (!spot) return spot.error();
  if (comment.is_private) return make_error(Failure::refused, "ALM has no private comments; leave them out.");
  if (comment.body.empty()) return make_error(Failure::refused, "ALM takes no empty comment.");
  const auto schema = customization_.get(spot->place, spot->type, context);
  if (!schema) return schema.error();
  if ((*schema)->comments.empty())
    return make_error(Failure::refused, "A " + spot->type +
                                            " in ALM has no memo for comments; leave comments out of the app link, or "
                                            "name one in the setting commentField.");
  const auto alone = sessions_->alone(spot->str(), doing, context);
  if (!alone) return alone.error();
  if (auto locked = api_.lock(*spot, doing, context); !locked) return locked.error();
  const EntityLock lock{api_, *spot};
  return append(**schema, *spot, comment, doing, context);
}

Result<Comment> AlmAdapter::append(const Schema& schema, const Spot& spot, const NewComment& comment,
                                   const std::string& doing, const CallContext& context) const {
  const auto before = api_.read(spot, doing, context);
  if (!before) return before.error();
  const std::string login = sessions_->user();
  const auto known = schema.users.find(login);
  const record::User author = known == schema.users.end() ? record::User{login, login, {}} : known->second;
  const auto today = record::date_from_text(options_.zone.wall(clock_->now()).substr(0, 10));
  Entity change;
  change.type = spot.type;
  change.fields[schema.comments] = {append_comment(before->first(schema.comments), author,
                                                   today.value_or(record::Date{}), comment.body, options_.dates)};
  if (auto written = write(schema, spot, change, doing, context); !written) return written.error();
  // Servers were seen that said 200 and kept nothing.
  const auto after = api_.read(spot, doing, context);
  if (!after)
    return make_error(Failure::uncertain, "The outcome of " + doing + " is unknown: " + after.error().message);
  std::vector<Comment> now = to_comments(schema, *after);
  if (now.size() <= to_comments(schema, *before).size())
    return make_error(Failure::unavailable, "ALM said that it took the comment when " + doing +
                                                ", and does not have it; it will be tried again.");
  return std::move(now.back());
}

}  // namespace syncservice::adapter::alm
