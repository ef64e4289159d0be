#include "syncservice/adapter/failure.hpp"

#include <gtest/gtest.h>

using namespace syncservice;
using namespace syncservice::adapter;

TEST(AdapterFailure, EachCodeHasItsClass) {
  EXPECT_EQ(make_error(Failure::not_found, "x").failure, FailureClass::gone);
  for (const auto permanent : {Failure::refused, Failure::malformed, Failure::misconfigured, Failure::incomplete})
    EXPECT_EQ(make_error(permanent, "x").failure, FailureClass::permanent);
  for (const auto transient : {Failure::unavailable, Failure::cancelled, Failure::timed_out})
    EXPECT_EQ(make_error(transient, "x").failure, FailureClass::transient);
  EXPECT_EQ(make_error(Failure::throttled, "x").failure, FailureClass::throttled);
  EXPECT_EQ(make_error(Failure::unauthorized, "x").failure, FailureClass::auth);
  EXPECT_EQ(make_error(Failure::refused, "x").code, Failure::refused);
  EXPECT_EQ(make_error(Failure::refused, "x").code.message(), "refused");
}

TEST(AdapterFailure, ContextEndsACall) {
  EXPECT_TRUE(check(CallContext{}, "reading"));

  std::stop_source stop;
  const CallContext stoppable{stop.get_token()};
  EXPECT_TRUE(check(stoppable, "reading"));
  stop.request_stop();
  const auto stopped = check(stoppable, "reading record QC-20");
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Failure::cancelled);
  EXPECT_NE(stopped.error().message.find("reading record QC-20"), std::string::npos);

  const auto late = check(CallContext{{}, std::chrono::steady_clock::now()}, "reading");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Failure::timed_out);
  EXPECT_EQ(late.error().failure, FailureClass::transient);
}
