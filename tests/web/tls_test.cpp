#include "web/tls.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <httplib.h>
#include <memory>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string>

#include "tests/web/raw_client.hpp"
#include "web/http_server.hpp"

namespace mer::web {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLarge = std::size_t{8} << 20;  // more than the sockets' buffers hold

// A server of HTTPS on a loopback address, and the store of a client that trusts its certificate alone.
class TlsTest : public ::testing::Test {
 protected:
  int serve(ConnectionLimits limits = {}) {
    HttpOptions options;
    options.limits = limits;
    options.token = "open";
    options.tls = *TlsContext::make(identity_);
    server_ = std::make_unique<HttpServer>(options, [](const HttpRequest& request) {
      return HttpResponse{200, "text/plain", request.path == "/large" ? std::string(kLarge, 'x') : request.path, {}};
    });
    return *server_->start();
  }

  httplib::Result get(int port, const std::string& path, const TlsIdentity& trusted) {
    httplib::SSLClient client("localhost", port);
    X509_STORE* const store = X509_STORE_new();
    BIO* const text = BIO_new_mem_buf(trusted.certificate.data(), int(trusted.certificate.size()));
    X509* const certificate = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
    BIO_free(text);
    client.set_ca_cert_store(store);
    client.set_bearer_token_auth("open");
    return client.Get(path.c_str());
  }

  const TlsIdentity identity_ = *new_identity("node-7");
  std::unique_ptr<HttpServer> server_;
};

TEST_F(TlsTest, WhoTrustsTheCertificateIsAnswered) {
  const int port = serve();

  const auto answer = get(port, "/api/x", identity_);

  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "/api/x");
}

TEST_F(TlsTest, AnAnswerLargerThanTheBuffersComesWhole) {
  const auto answer = get(serve(), "/large", identity_);

  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->body, std::string(kLarge, 'x'));
}

TEST_F(TlsTest, WhoTrustsAnotherCertificateOfTheSameNameRefusesIt) {
  const auto answer = get(serve(), "/api/x", *new_identity("node-7"));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), httplib::Error::SSLServerVerification);
}

TEST_F(TlsTest, WhoSpeaksPlainHttpIsNotAnswered) {
  const std::string answer = test::ask(serve(), "GET /api/x HTTP/1.1\r\nHost: localhost\r\n\r\n");

  EXPECT_EQ(answer.find("HTTP/1.1 200"), std::string::npos) << answer;
}

TEST_F(TlsTest, AHandshakeThatStallsIsClosedInTimeAndHoldsNobodyUp) {
  ConnectionLimits limits;
  limits.head_time = milliseconds(1500);
  const int port = serve(limits);
  test::RawClient silent(port);
  silent.send("\x16\x03\x01");  // the beginning of a hello

  EXPECT_TRUE(get(port, "/api/x", identity_));
  EXPECT_EQ(silent.read_all(), "");
}

TEST_F(TlsTest, OldVersionsAreRefused) {
  const int port = serve();
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  BIO* const connection = BIO_new_ssl_connect(context);
  BIO_set_conn_hostname(connection, ("127.0.0.1:" + std::to_string(port)).c_str());

  EXPECT_LE(BIO_do_connect(connection), 0);

  BIO_free_all(connection);
  SSL_CTX_free(context);
}

TEST(NewIdentityTest, EachIsAnotherAndItsFingerprintIsThatOfTheCertificate) {
  const TlsIdentity first = *new_identity("node-7"), second = *new_identity("node-7");

  EXPECT_NE(first.fingerprint, second.fingerprint);
  EXPECT_EQ(first.fingerprint.size(), 32 * 3 - 1U);
  EXPECT_TRUE(TlsContext::make(first).ok());
}

TEST(TlsContextTest, ACertificateWithAnothersKeyIsRefused) {
  TlsIdentity mixed = *new_identity("node-7");
  mixed.key = new_identity("node-7")->key;
  EXPECT_FALSE(TlsContext::make(mixed).ok());
  EXPECT_FALSE(TlsContext::make({"nonsense", "nonsense", ""}).ok());
}

TEST(HttpsRequiredTest, AnAddressOfTheNetworkNeedsTls) {
  HttpOptions options;
  options.address.host = "0.0.0.0";
  options.token = "open";
  HttpServer server(options, [](const HttpRequest&) { return HttpResponse(); });

  const auto refused = server.start();

  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("needs TLS"), std::string::npos);
}

}  // namespace
}  // namespace mer::web
