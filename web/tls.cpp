#include "web/tls.hpp"

#include <arpa/inet.h>
#include <array>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <type_traits>

namespace mer::web {
namespace {

constexpr long kYear = 365L * 24 * 3600;
constexpr long kHour = 3600;  // clocks of other machines may be behind

template <auto release>
struct Releaser {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Releaser<release>>;
using Certificate = Owned<X509, X509_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Memory = Owned<BIO, BIO_free_all>;

Error failed(const std::string& what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return {ErrorCode::internal, "OpenSSL: " + what + ": " + text.data()};
}

std::string text_in(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, std::size_t(size)};
}

bool is_numeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool name_host(X509* certificate, const std::string& host) {
  X509_NAME* const name = X509_get_subject_name(certificate);
  const auto* const text = reinterpret_cast<const unsigned char*>(host.c_str());
  if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, int(std::min<std::size_t>(host.size(), 64)), -1, 0) !=
      1) {
    return false;
  }
  X509_set_issuer_name(certificate, name);
  // localhost too, for the end of a tunnel.
  const std::string names = (is_numeric(host) ? "IP:" : "DNS:") + host + ",DNS:localhost,IP:127.0.0.1";
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

Result<Certificate> certificate_of(EVP_PKEY* key, const std::string& host) {
  Certificate certificate(X509_new());
  std::uint64_t serial = 0;
  const bool made = certificate && RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1 &&
                    X509_set_version(certificate.get(), 2) == 1 &&
                    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial) == 1 &&
                    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kYear) != nullptr &&
                    X509_set_pubkey(certificate.get(), key) == 1 && name_host(certificate.get(), host) &&
                    X509_sign(certificate.get(), key, EVP_sha256()) > 0;
  if (!made) return failed("making a certificate for \"" + host + "\"");
  return certificate;
}

Result<std::string> fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return failed("a fingerprint");
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    constexpr const char* kDigits = "0123456789ABCDEF";
    if (i > 0) text += ':';
    text += kDigits[digest[i] / 16];
    text += kDigits[digest[i] % 16];
  }
  return text;
}

}  // namespace

Result<TlsIdentity> new_identity(const std::string& host) {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return failed("making a key");
  MER_ASSIGN(const Certificate certificate, certificate_of(key.get(), host));
  const Memory certificate_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed("writing a certificate");
  }
  MER_ASSIGN(std::string fingerprint, fingerprint_of(certificate.get()));
  return TlsIdentity{text_in(certificate_text.get()), text_in(key_text.get()), std::move(fingerprint)};
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsIdentity& identity) {
  const Memory certificate_text(BIO_new_mem_buf(identity.certificate.data(), int(identity.certificate.size())));
  const Memory key_text(BIO_new_mem_buf(identity.key.data(), int(identity.key.size())));
  const Certificate certificate(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
  const Key key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  SSL_CTX* const made = SSL_CTX_new(TLS_server_method());
  if (made == nullptr) return failed("a context");
  std::shared_ptr<const TlsContext> context(new TlsContext(made));
  SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(made,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (!certificate || !key || SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_num_tickets(made, 0) != 1 || SSL_CTX_use_certificate(made, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(made, key.get()) != 1) {
    return failed("using a certificate");
  }
  return context;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

}  // namespace mer::web
