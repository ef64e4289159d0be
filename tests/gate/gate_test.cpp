#include "syncservice/gate/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncservice::gate {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Pair;

Error error_of(FailureClass failure, std::optional<milliseconds> retry_after = std::nullopt) {
  return {boost::system::errc::make_error_code(boost::system::errc::io_error), "why", failure, retry_after};
}

TEST(Document, HasTwoMembersWithTheBlankAfterTheComma) {
  EXPECT_EQ(document("Success", "a"), R"({"Response":"Success", "Message":"a"})");
}

TEST(Document, EscapesAsJsonRequires) {
  EXPECT_EQ(document("Error", "L\\\"1\"\nü"), "{\"Response\":\"Error\", \"Message\":\"L\\\\\\\"1\\\"\\nü\"}");
  EXPECT_EQ(document("Success", R"(L\1 "2")"), R"({"Response":"Success", "Message":"L\\1 \"2\""})");
  EXPECT_EQ(document("Error", ""), R"({"Response":"Error", "Message":""})");
  EXPECT_EQ(document("Error", "\xFF"), "{\"Response\":\"Error\", \"Message\":\"\xEF\xBF\xBD\"}");
}

TEST(Refusal, TakesTheStatusOfItsClass) {
  EXPECT_EQ(refusal(error_of(FailureClass::permanent)).status, 400);
  EXPECT_EQ(refusal(error_of(FailureClass::gone)).status, 404);
  EXPECT_EQ(refusal(error_of(FailureClass::auth)).status, 401);
  EXPECT_EQ(refusal(error_of(FailureClass::throttled)).status, 429);
  EXPECT_EQ(refusal(error_of(FailureClass::transient)).status, 503);
  EXPECT_EQ(refusal(error_of(FailureClass::internal)).status, 500);
}

TEST(Refusal, SaysWhenToTryAgainWhereThatMakesSense) {
  EXPECT_THAT(refusal(400, "no").headers, IsEmpty());
  EXPECT_THAT(refusal(503, "full").headers, Contains(Pair("Retry-After", "5")));
  EXPECT_THAT(refusal(error_of(FailureClass::throttled, milliseconds{1001})).headers,
              Contains(Pair("Retry-After", "2")));
  EXPECT_THAT(refusal(error_of(FailureClass::throttled, milliseconds{0})).headers, Contains(Pair("Retry-After", "1")));
}

TEST(Challenge, AsksForBasicOnlyWhereBasicIsTaken) {
  const Error error = error_of(FailureClass::auth);
  EXPECT_THAT(challenge(error, Takes::basic_or_key).headers,
              Contains(Pair("WWW-Authenticate", R"(Basic realm="syncservice", charset="UTF-8")")));
  EXPECT_THAT(challenge(error, Takes::key).headers,
              Contains(Pair("WWW-Authenticate", R"(Bearer realm="syncservice")")));
  EXPECT_EQ(challenge(error_of(FailureClass::throttled), Takes::key).status, 429);
}

}  // namespace
}  // namespace syncservice::gate
