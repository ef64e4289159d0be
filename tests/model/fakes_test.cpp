#include "course.hpp"
#include "fake.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace syncservice::model {
namespace {

using mapping::ConflictPolicy;

// Six policies make 10,200 sequences in all. Under a sanitizer, which slows each down, a sample is enough.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int sequences = 50;
#else
constexpr int sequences = 1700;
#endif

class EngineModel : public testing::TestWithParam<ConflictPolicy> {};

TEST_P(EngineModel, NoEditIsLostNoTwinIsDoubledAndSilenceFalls) {
  std::unique_ptr<Fake> left, right;
  check_courses(GetParam(), sequences, [&]() -> Systems {
    left = std::make_unique<Fake>("left", 'a', ProjectName{"L"}, false);
    // Values of the third field are written in capitals over there, whatever one sends.
    right = std::make_unique<Fake>("right", 'c', ProjectName{"R"}, true);
    return {*left, *right};
  });
}

INSTANTIATE_TEST_SUITE_P(Policies, EngineModel,
                         testing::Values(ConflictPolicy::source, ConflictPolicy::destination, ConflictPolicy::newest,
                                         ConflictPolicy::oldest, ConflictPolicy::pusher, ConflictPolicy::hold));

}  // namespace
}  // namespace syncservice::model
