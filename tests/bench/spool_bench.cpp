// Fills a spool in a temporary folder from several submitters in closed loop and prints how fast, with how much memory,
// and how long it takes to open.
//   spool_bench [pushes=5000000] [outstanding=256] [ids=sequential|random|mixed] [submitters=4] [links=1]
#include "support/valid_push.hpp"

#include "syncservice/spool/spool.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace syncservice;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

double resident_mib() {
  std::ifstream status{"/proc/self/status"};
  std::string word;
  while (status >> word) {
    if (word != "VmRSS:") continue;
    double kib = 0;
    status >> kib;
    return kib / 1024;
  }
  return 0;
}

std::uint64_t scramble(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

struct Options {
  std::int64_t pushes = 5'000'000;
  int outstanding = 256;
  std::string ids = "sequential";
  int submitters = 4;
  int links = 1;
};

class Load {
 public:
  Load(spool::Spool& spool, const Options& options, std::atomic<std::int64_t>& next, std::int64_t end)
      : spool_(spool), options_(options), next_(next), end_(end), free_(options.outstanding / options.submitters) {}

  void run() {
    for (std::int64_t n = next_++; n < end_; n = next_++) {
      free_.acquire();
      spool_.accept(*new One{*this, push(n)});
    }
    for (int i = 0; i < options_.outstanding / options_.submitters; ++i) free_.acquire();
  }
  [[nodiscard]] std::int64_t failed() const { return failed_; }

 private:
  class One final : public spool::Acceptance {
   public:
    One(Load& load, const ValidPush& push) : Acceptance(push, "bench-key", "192.168.100.200"), load_(load) {}

   private:
    void accepted(const Result<spool::Receipt>& receipt) noexcept override {
      Load& load = load_;
      if (!receipt) ++load.failed_;
      delete this;
      load.free_.release();
    }
    Load& load_;
  };

  [[nodiscard]] ValidPush push(std::int64_t n) const {
    const bool random = options_.ids == "random" || (options_.ids == "mixed" && n % 2 == 0);
    std::string id = random ? std::to_string(scramble(static_cast<std::uint64_t>(n))) : "QC-" + std::to_string(n);
    return ValidPushForTests::make(std::move(id), "Jira6QC11Req" + std::to_string(n % options_.links));
  }

  spool::Spool& spool_;
  const Options& options_;
  std::atomic<std::int64_t>& next_;
  std::int64_t end_;
  std::counting_semaphore<> free_;
  std::atomic<std::int64_t> failed_ = 0;
};

std::int64_t parse(const char* text) {
  std::int64_t out = 0;
  std::from_chars(text, text + std::strlen(text), out);
  return out;
}

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options) {
    settings_.waiting_limit = options.pushes * 2;
    open();
  }
  ~Bench() {
    spool_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void open() {
    spool_.reset();
    store_.reset();
    const auto start = Steady::now();
    store_ = store::Store::open(store::Settings{.folder = folder_}).value();
    spool_ = spool::Spool::open(*store_, clock_, settings_, log_, metrics_).value();
    std::printf("open  %10lld waiting  %.2f s\n", static_cast<long long>(done_), seconds_since(start));
  }

  void fill(std::int64_t until) {
    std::atomic<std::int64_t> next = done_;
    const auto start = Steady::now();
    std::vector<std::unique_ptr<Load>> loads;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < options_.submitters; ++i) {
        loads.push_back(std::make_unique<Load>(*spool_, options_, next, until));
        threads.emplace_back([load = loads.back().get()] { load->run(); });
      }
    }
    std::int64_t failed = 0;
    for (const auto& load : loads) failed += load->failed();
    const double took = seconds_since(start);
    std::printf("fill  %10lld – %-10lld %9.0f/s  %lld failed  RSS %.0f MiB\n", static_cast<long long>(done_),
                static_cast<long long>(until), static_cast<double>(until - done_) / took,
                static_cast<long long>(failed), resident_mib());
    std::fflush(stdout);
    done_ = until;
  }

  void run() {
    const std::int64_t step = std::min<std::int64_t>(500'000, options_.pushes);
    for (std::int64_t at = step; at <= options_.pushes; at += step) {
      fill(at);
      if (at == 1'000'000) open();
    }
    open();
  }

 private:
  const Options& options_;
  std::string folder_ = std::filesystem::temp_directory_path() / "spool_bench.XXXXXX";
  bool made_ = ::mkdtemp(folder_.data()) != nullptr;
  SystemClock clock_;
  telemetry::Log log_{telemetry::LogSettings{}};
  telemetry::Metrics metrics_;
  spool::Settings settings_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<spool::Spool> spool_;
  std::int64_t done_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  Options options;
  if (count > 1) options.pushes = parse(arguments[1]);
  if (count > 2) options.outstanding = static_cast<int>(parse(arguments[2]));
  if (count > 3) options.ids = arguments[3];
  if (count > 4) options.submitters = static_cast<int>(parse(arguments[4]));
  if (count > 5) options.links = static_cast<int>(parse(arguments[5]));
  Bench{options}.run();
}
