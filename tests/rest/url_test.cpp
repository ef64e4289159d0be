#include <gtest/gtest.h>

#include "rest/fixture.hpp"

namespace syncservice::rest {
namespace {

TEST(Urls, NothingOfAnIdBecomesAnotherPart) {
  const Url url = Url{"https://a.com/jira"}
                      .path("/rest/api/2/issue")
                      .segment("QC/20?x=1#y%2F z;ü")
                      .query("a b", "1&2=3#^ü")
                      .query("c", "");
  EXPECT_EQ(url.str(),
            "https://a.com/jira/rest/api/2/issue/QC%2F20%3Fx%3D1%23y%252F%20z%3B%C3%BC"
            "?a%20b=1%262%3D3%23%5E%C3%BC&c=");
  EXPECT_TRUE(url.usable());
}

TEST(Urls, SegmentsThatWouldLeaveTheFolderAreNotSent) {
  Scripted server{{answer("200 OK", "{}")}};
  const Server app{endpoint_at(server.url()), NoCredential{}, {"Tracker", {}, {}}};
  for (const char* id : {"", ".", ".."}) {
    Call call = reading(app);
    call.url = app.url("/api").segment(id).segment("file");
    const auto read = app.json(call, {});
    ASSERT_FALSE(read) << id;
    EXPECT_EQ(read.error().code, adapter::Failure::refused);
  }
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace syncservice::rest
