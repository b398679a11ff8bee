#include "web/channel.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace mer::web {
namespace {

int piece(std::size_t size) {
  return int(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

void Channel::FreeSsl::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

Channel::Channel(Descriptor socket, const TlsContext* context) : socket_(std::move(socket)), awaits_(POLLIN) {
  if (context == nullptr) return;
  ssl_.reset(SSL_new(context->get()));
  if (ssl_) SSL_set_accept_state(ssl_.get());
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.get()) != 1) socket_ = Descriptor();
}

Channel::Moved Channel::receive(char* to, std::size_t size) {
  awaits_ = POLLIN;
  if (ssl_) {
    ERR_clear_error();
    return outcome_of(SSL_read(ssl_.get(), to, piece(size)));
  }
  const ssize_t got = ::recv(socket_.get(), to, size, 0);
  if (got > 0) return {Outcome::moved, std::size_t(got)};
  return {got < 0 && (errno == EAGAIN || errno == EINTR) ? Outcome::blocked : Outcome::closed, 0};
}

Channel::Moved Channel::send(const char* from, std::size_t size) {
  awaits_ = POLLOUT;
  if (ssl_) {
    ERR_clear_error();
    return outcome_of(SSL_write(ssl_.get(), from, piece(size)));
  }
  const ssize_t sent = ::send(socket_.get(), from, size, MSG_NOSIGNAL);
  if (sent >= 0) return {Outcome::moved, std::size_t(sent)};
  return {errno == EAGAIN || errno == EINTR ? Outcome::blocked : Outcome::closed, 0};
}

// A handshake may have to read before it can write, and the other way round.
Channel::Moved Channel::outcome_of(int result) {
  if (result > 0) return {Outcome::moved, std::size_t(result)};
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) awaits_ = POLLIN;
  if (error == SSL_ERROR_WANT_WRITE) awaits_ = POLLOUT;
  return {error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Outcome::blocked : Outcome::closed, 0};
}

void Channel::finish() {
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(socket_.get(), SHUT_WR);
  awaits_ = POLLIN;
}

}  // namespace mer::web
