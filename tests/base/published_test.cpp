#include "syncservice/base/published.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace syncservice {
namespace {

TEST(Published, IsNullUntilSomethingIsPublished) {
  const Published<int> value;
  EXPECT_EQ(value.current(), nullptr);
}

TEST(Published, AReaderKeepsWhatItTook) {
  Published<int> value;
  value.publish(std::make_shared<int>(1));
  const std::shared_ptr<const int> taken = value.current();
  value.publish(std::make_shared<int>(2));
  EXPECT_EQ(*taken, 1);
  EXPECT_EQ(*value.current(), 2);
}

// The thread sanitizer watches: std::atomic<std::shared_ptr> of libstdc++ 12 fails here.
TEST(Published, ReadersNeverSeeAnOlderOneAfterANewer) {
  Published<int> value;
  value.publish(std::make_shared<int>(0));
  std::thread writer([&value] {
    for (int i = 1; i <= 10'000; ++i) value.publish(std::make_shared<int>(i));
  });
  int last = 0;
  while (last < 10'000) {
    const int now = *value.current();
    EXPECT_GE(now, last);
    last = now;
  }
  writer.join();
}

}  // namespace
}  // namespace syncservice
