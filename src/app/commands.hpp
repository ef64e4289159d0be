// The subcommands. Each prints for a person, or JSON for a script, and returns the exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::app {

/// Exit codes, documented in docs/admin-guide.md.
enum Exit : int {
  success = 0,
  refused = 1,       ///< a fault was found, or what was asked for can't be done
  usage = 2,         ///< the command line is wrong
  unavailable = 3,   ///< the daemon can't start, or neither it nor its data folder can be reached
  interrupted = 130  ///< Ctrl-C; what was watched goes on in the daemon
};

struct Common {
  std::string config;  ///< the properties file
  bool json = false;
};

/// The properties file to use when none is named: conf/ConnectAll.properties in the working directory, else in
/// /etc/syncservice.
[[nodiscard]] std::string default_config();

int serve(const Common& common);
/// `online`: asks the applications as well, where they can describe themselves.
int check(const Common& common, bool online);

/// Asks for the password on the terminal, twice; from a pipe, reads one line.
int set_password(const Common& common);

struct KeyOptions {
  std::string name;
  std::vector<std::string> app_links;
  std::string origin;   ///< empty: both
  std::string expires;  ///< a duration; empty: never
};
int create_key(const Common& common, const KeyOptions& options);
int list_keys(const Common& common);
int revoke_key(const Common& common, const std::string& name_or_id);

struct QueueOptions {
  std::string state, app_link, id;
  std::int64_t before = 0;
  int limit = 100;
};
int list_queue(const Common& common, const QueueOptions& options);
int show_push(const Common& common, std::int64_t push);
/// `pushes` empty: every push that `state` (dead letter or held) and `app_link` select.
int retry_pushes(const Common& common, const std::vector<std::int64_t>& pushes, const QueueOptions& all);
int discard_pushes(const Common& common, const std::vector<std::int64_t>& pushes, const QueueOptions& all);
int explain(const Common& common, const std::string& id);

struct PauseOptions {
  std::string name;
  bool application = false;  ///< else an app link
};
int pause(const Common& common, const PauseOptions& options);
int resume(const Common& common, const PauseOptions& options);
int list_pauses(const Common& common);

struct PreviewOptions {
  std::string app_link, origin, id, project;
};
int preview(const Common& common, const PreviewOptions& options);

struct LinkOptions {
  struct Pair {
    std::string source, destination, source_project, destination_project;
    std::string place{};  ///< "pairs.csv:7: ", empty on the command line
  };
  std::string app_link;
  std::vector<Pair> pairs;
  std::string csv;    ///< a file of pairs, instead of `pairs`
  bool check = true;  ///< whether both records exist
  std::int64_t after = 0;
  int limit = 100;
};
int list_links(const Common& common, const LinkOptions& options);
int show_link(const Common& common, std::int64_t link);
int add_links(const Common& common, const LinkOptions& options);
int rename_links(const Common& common, const std::string& from, const std::string& to);
int remove_link(const Common& common, std::int64_t link);

struct ConflictOptions {
  std::int64_t link = 0;  ///< 0: of every link
  std::string field;      ///< empty: every field
  std::string winner;
};
int list_conflicts(const Common& common, const ConflictOptions& options);
int resolve_conflict(const Common& common, const ConflictOptions& options);

struct SyncOptions {
  std::string app_link, origin, since, query;
  bool detach = false, dry_run = false;
};
int sync_link(const Common& common, const SyncOptions& options);
/// Prints what a pass over each record of such a run would write; `refused` when one of them would not get through.
int dry_run(const Common& common, const SyncOptions& options);
/// Waits until the run and its pushes have ended.
int watch_run(const Common& common, std::int64_t number);
int list_runs(const Common& common);
int cancel_run(const Common& common, std::int64_t number);

}  // namespace syncservice::app
