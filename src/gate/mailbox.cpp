#include "syncservice/gate/completion.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>

namespace syncservice::gate {

Mailbox::Mailbox(boost::asio::execution_context& context)
    : service(context), executor_(static_cast<boost::asio::io_context&>(context).get_executor()) {}

Mailbox::~Mailbox() = default;

Mailbox& Mailbox::of(const boost::asio::any_io_executor& executor) {
  return boost::asio::use_service<Mailbox>(
      static_cast<boost::asio::io_context&>(boost::asio::query(executor, boost::asio::execution::context)));
}

bool Mailbox::put(Letter& letter) noexcept {
  Letter* before = last_.load(std::memory_order_relaxed);
  do {
    letter.next_ = before;
  } while (!last_.compare_exchange_weak(before, &letter, std::memory_order_release, std::memory_order_relaxed));
  return before == nullptr;
}

void Mailbox::wake() noexcept {
  boost::asio::post(executor_, [this] { deliver(); });
}

void Mailbox::send(Letter& letter) noexcept {
  if (put(letter)) wake();
}

Mailbox::Letter* Mailbox::take_all() noexcept {
  Letter* newest = last_.exchange(nullptr, std::memory_order_acquire);
  Letter* oldest = nullptr;
  while (newest != nullptr) {
    Letter* const next = std::exchange(newest->next_, oldest);
    oldest = std::exchange(newest, next);
  }
  return oldest;
}

void Mailbox::deliver() {
  if (undelivered_ == nullptr) undelivered_ = take_all();
  while (undelivered_ != nullptr) {
    Letter* const letter = std::exchange(undelivered_, undelivered_->next_);
    try {
      letter->arrive();
    } catch (...) {
      // One that fails is its own matter; the others come in their turn.
      wake();
      throw;
    }
  }
}

void Mailbox::shutdown() {
  while (undelivered_ != nullptr) delete std::exchange(undelivered_, undelivered_->next_);
  undelivered_ = take_all();
  while (undelivered_ != nullptr) delete std::exchange(undelivered_, undelivered_->next_);
}

void Mailbag::put(Mailbox& to, Mailbox::Letter& letter) noexcept {
  if (std::this_thread::get_id() != carrier_.load(std::memory_order_relaxed)) {
    to.send(letter);
  } else if (to.put(letter)) {
    to_wake_.push_back(&to);
  }
}

void Mailbag::send_off() noexcept {
  carrier_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  for (Mailbox* const mailbox : to_wake_) mailbox->wake();
  to_wake_.clear();
}

}  // namespace syncservice::gate
