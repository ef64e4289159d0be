#include "syncservice/gate/completion.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace syncservice::gate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Calls a function when it arrives; its token tells when it is destroyed.
class Note final : public Mailbox::Letter {
 public:
  Note(std::shared_ptr<int> token, std::function<void()> read) : token_(std::move(token)), read_(std::move(read)) {}

 private:
  void arrive() override {
    const std::unique_ptr<Note> self{this};
    read_();
  }
  std::shared_ptr<int> token_;
  std::function<void()> read_;
};

class MailboxTest : public ::testing::Test {
 protected:
  Note& note(int number) {
    return note([this, number] { read_.push_back(number); });
  }
  Note& note(std::function<void()> then) { return *new Note{token_, std::move(then)}; }
  [[nodiscard]] long unread() const { return token_.use_count() - 1; }

  std::shared_ptr<int> token_ = std::make_shared<int>(0);
  std::vector<int> read_;
  std::unique_ptr<boost::asio::io_context> context_ = std::make_unique<boost::asio::io_context>(1);
};

TEST_F(MailboxTest, DeliversInTheOrderOfSendingWithOneWakeUp) {
  Mailbox& box = Mailbox::of(context_->get_executor());
  for (int i = 1; i <= 3; ++i) box.send(note(i));
  EXPECT_EQ(context_->poll(), 1U);
  EXPECT_THAT(read_, ElementsAre(1, 2, 3));
  EXPECT_EQ(unread(), 0);
}

TEST_F(MailboxTest, DeliversWhatIsSentMeanwhile) {
  Mailbox& box = Mailbox::of(context_->get_executor());
  box.send(note([&] { box.send(note(2)); }));
  box.send(note(1));
  context_->poll();
  EXPECT_THAT(read_, ElementsAre(1, 2));
}

TEST_F(MailboxTest, OneThatFailsDoesNotKeepTheOthers) {
  Mailbox& box = Mailbox::of(context_->get_executor());
  box.send(note([] { throw std::runtime_error{"unreadable"}; }));
  box.send(note(1));
  EXPECT_THROW(context_->poll(), std::runtime_error);
  context_->restart();
  box.send(note(2));
  context_->poll();
  EXPECT_THAT(read_, ElementsAre(1, 2));
}

TEST_F(MailboxTest, WhatCanNotBeDeliveredEndsWithTheContext) {
  Mailbox& box = Mailbox::of(context_->get_executor());
  box.send(note([] { throw std::runtime_error{"unreadable"}; }));
  box.send(note(1));
  EXPECT_THROW(context_->poll(), std::runtime_error);
  box.send(note(2));
  EXPECT_EQ(unread(), 2);
  context_.reset();
  EXPECT_EQ(unread(), 0);
  EXPECT_THAT(read_, IsEmpty());
}

TEST_F(MailboxTest, ABagWakesItsReceiversAtTheEndOfTheBurst) {
  boost::asio::io_context other{1};
  Mailbag bag;
  bag.send_off();  // this thread is the carrier
  bag.put(Mailbox::of(context_->get_executor()), note(1));
  bag.put(Mailbox::of(other.get_executor()), note(2));
  bag.put(Mailbox::of(context_->get_executor()), note(3));
  EXPECT_EQ(context_->poll() + other.poll(), 0U);
  context_->restart();
  other.restart();
  bag.send_off();
  EXPECT_EQ(context_->poll(), 1U);
  EXPECT_EQ(other.poll(), 1U);
  EXPECT_THAT(read_, ElementsAre(1, 3, 2));
}

TEST_F(MailboxTest, ABagSendsAtOnceWhatIsNotTheCarriers) {
  Mailbag bag;
  bag.put(Mailbox::of(context_->get_executor()), note(1));  // nobody is the carrier yet
  context_->poll();
  bag.send_off();
  std::thread{[&] { bag.put(Mailbox::of(context_->get_executor()), note(2)); }}.join();
  context_->restart();
  context_->poll();
  EXPECT_THAT(read_, ElementsAre(1, 2));
}

TEST_F(MailboxTest, NothingIsLostBetweenThreads) {
  constexpr std::size_t senders = 4;
  constexpr int letters = 5000;
  Mailbox& box = Mailbox::of(context_->get_executor());
  auto work = boost::asio::make_work_guard(*context_);
  std::latch arrived{std::ptrdiff_t{senders} * letters};
  std::vector<std::vector<int>> by_sender(senders);
  std::jthread receiver{[&] { context_->run(); }};
  std::vector<std::jthread> threads;
  for (std::size_t sender = 0; sender < senders; ++sender) {
    threads.emplace_back([&, sender] {
      Mailbag bag;
      bag.send_off();
      for (int i = 0; i < letters; ++i) {
        Note& letter = note([&, sender, i] {
          by_sender[sender].push_back(i);
          arrived.count_down();
        });
        if (sender % 2 == 0) {
          box.send(letter);
        } else {
          bag.put(box, letter);
          if (i % 7 == 0) bag.send_off();
        }
      }
      bag.send_off();
    });
  }
  arrived.wait();
  work.reset();
  threads.clear();
  receiver.join();
  for (const std::vector<int>& numbers : by_sender) {
    EXPECT_EQ(numbers.size(), static_cast<std::size_t>(letters));
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  }
}

/// Brings a coroutine its number.
template <class Handler>
class Reply final : public Mailbox::Letter {
 public:
  explicit Reply(Handler handler) : handler_(std::move(handler)) {}

 private:
  void arrive() override {
    Handler handler = std::move(handler_);
    delete this;
    std::move(handler)(7);
  }
  Handler handler_;
};

boost::asio::awaitable<void> ask(Mailbox& box, std::jthread& answering, int& result) {
  result = co_await suspend<int>([&](auto handler) {
    auto* const reply = new Reply<decltype(handler)>{std::move(handler)};
    answering = std::jthread{[&box, reply] { box.send(*reply); }};
  });
}

TEST_F(MailboxTest, ResumesACoroutine) {
  int got = 0;
  std::jthread answering;
  auto work = boost::asio::make_work_guard(*context_);
  boost::asio::co_spawn(*context_, ask(Mailbox::of(context_->get_executor()), answering, got), boost::asio::detached);
  while (got == 0) context_->run_one();
  EXPECT_EQ(got, 7);
}

}  // namespace
}  // namespace syncservice::gate
