// Tls: what a server on a network address needs: a certificate of its own, made anew at each start, and the context of
// its connections. Who connects knows the certificate, or its fingerprint, from endpoint.json; no authority is asked.
//
// TLS 1.2 or newer; no renegotiation, no resumption. Threads: a TlsContext serves several at once. Errors: internal,
// with OpenSSL's words.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace mer::web {

struct TlsIdentity {
  std::string certificate;  // PEM
  std::string key;          // PEM
  std::string fingerprint;  // SHA-256 of the certificate: "AB:CD:...", as browsers show it
};
// For this host name or numeric address. An elliptic curve's key, valid for a year.
Result<TlsIdentity> new_identity(const std::string& host);

class TlsContext {
 public:
  static Result<std::shared_ptr<const TlsContext>> make(const TlsIdentity& identity);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

}  // namespace mer::web
