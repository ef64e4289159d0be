#include "syncservice/http/router.hpp"

#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncservice::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

boost::asio::awaitable<Response> nothing(Exchange&) {
  co_return Response{};
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.add("GET", "/", nothing);
    router_.add("POST", "/push", nothing);
    router_.add("POST", "/push/{link}/{origin}/{id}", nothing);
    router_.add("GET", "/push/status", nothing);
    router_.add("GET", "/push/{name}", nothing);
    router_.add("POST", "/a b", nothing);
  }
  [[nodiscard]] bool found(std::string_view method, std::string_view path) const {
    return router_.match(method, path).handler != nullptr;
  }
  Router router_;
};

TEST_F(RouterTest, FindsLiteralsAndPlaceholders) {
  EXPECT_TRUE(found("GET", "/"));
  EXPECT_TRUE(found("POST", "/push"));
  EXPECT_THAT(router_.match("POST", "/push/Link/source/QC-20").segments, ElementsAre("Link", "source", "QC-20"));
  EXPECT_THAT(router_.match("GET", "/push/status").segments, IsEmpty());
  EXPECT_THAT(router_.match("GET", "/push/other").segments, ElementsAre("other"));
}

TEST_F(RouterTest, DecodesEachSegmentOnceAfterSplitting) {
  EXPECT_THAT(router_.match("POST", "/push/a%2Fb/s%20s/%2541").segments, ElementsAre("a/b", "s s", "%41"));
  EXPECT_THAT(router_.match("GET", "/push/%C3%BC+%3F").segments, ElementsAre("ü+?"));
  EXPECT_TRUE(found("POST", "/%70ush"));
  EXPECT_TRUE(found("POST", "/a%20b"));
}

TEST_F(RouterTest, NeverMatchesEmptyOrDotSegments) {
  for (const char* path :
       {"", "push", "/push/", "//push", "/push//source/1", "/push/a/b/", "/push/./source/1", "/push/../source/1",
        "/push/%2e/source/1", "/push/%2E%2e/source/1", "/push/a/b/c/d", "/x", "/PUSH", "*", "//"}) {
    const Router::Match match = router_.match("POST", path);
    EXPECT_EQ(match.handler, nullptr) << path;
    EXPECT_THAT(match.allow, IsEmpty()) << path;
    EXPECT_THAT(match.bad_request, IsEmpty()) << path;
  }
}

TEST_F(RouterTest, TellsAWrongMethodFromAWrongPath) {
  EXPECT_EQ(router_.match("PUT", "/push").allow, "POST");
  EXPECT_EQ(router_.match("DELETE", "/").allow, "GET, HEAD");
  EXPECT_EQ(router_.match("get", "/").allow, "GET, HEAD");
  EXPECT_TRUE(found("HEAD", "/"));
  EXPECT_FALSE(found("HEAD", "/push"));
}

TEST_F(RouterTest, TriesThePlaceholderWhenTheLiteralHasNotTheMethod) {
  router_.add("DELETE", "/push/{name}", nothing);
  EXPECT_THAT(router_.match("DELETE", "/push/status").segments, ElementsAre("status"));
  EXPECT_EQ(router_.match("PUT", "/push/status").allow, "DELETE, GET, HEAD");
}

TEST_F(RouterTest, RefusesBrokenEncodings) {
  for (const char* path : {"/push/%", "/push/%4", "/push/%zz", "/push/a%2", "/push/%00"})
    EXPECT_THAT(router_.match("GET", path).bad_request, HasSubstr("the path segment \"")) << path;
}

TEST_F(RouterTest, RefusesPatternsThatMakeNoSense) {
  EXPECT_THROW(router_.add("GET", "push", nothing), std::logic_error);
  EXPECT_THROW(router_.add("GET", "/push//a", nothing), std::logic_error);
  EXPECT_THROW(router_.add("POST", "/push", nothing), std::logic_error);
}

TEST(RequestHead, FindsHeadersWhateverTheirCase) {
  RequestHead head;
  head.headers = {{"Host", "a"}, {"X-Tag", "1"}, {"x-tag", "2"}};
  EXPECT_EQ(head.header("x-TAG"), "1");
  EXPECT_TRUE(head.has("HOST"));
  EXPECT_FALSE(head.has("Hos"));
  EXPECT_EQ(head.header("none"), "");
}

TEST(RequestHead, DecodesQueryParameters) {
  RequestHead head;
  head.query = "apikey=a%20b+c&x=%zz&apikey=&%61pikey=d%3D&&=&apikey";
  EXPECT_THAT(head.parameters("apikey"), ElementsAre("a b c", "", "d=", ""));
  EXPECT_THAT(head.parameters("x"), IsEmpty());
  EXPECT_THAT(head.parameters("none"), IsEmpty());
}

}  // namespace
}  // namespace syncservice::http
