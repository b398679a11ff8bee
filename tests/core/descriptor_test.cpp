#include "core/descriptor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <utility>

namespace mer {
namespace {

bool open_in_this_process(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(DescriptorTest, IsClosedOnceByItsLastOwner) {
  Pipe pipe = Pipe::make().value();
  const int number = pipe.read_end.get();
  {
    Descriptor owner = std::move(pipe.read_end);
    EXPECT_FALSE(pipe.read_end);
    EXPECT_EQ(owner.get(), number);
    EXPECT_TRUE(open_in_this_process(number));
  }
  EXPECT_FALSE(open_in_this_process(number));

  const int released = pipe.write_end.release();
  pipe.write_end.reset();
  EXPECT_TRUE(open_in_this_process(released));
  ::close(released);
}

TEST(PipeTest, CarriesBytesAboveTheGivenNumberAndClosesOnExec) {
  const Pipe pipe = Pipe::make(20).value();

  EXPECT_GE(pipe.read_end.get(), 20);
  EXPECT_GE(pipe.write_end.get(), 20);
  EXPECT_EQ(::fcntl(pipe.read_end.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(pipe.write_end.get(), F_GETFD), FD_CLOEXEC);
  ASSERT_EQ(::write(pipe.write_end.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(pipe.read_end.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST(SystemErrorTest, TellsAFullDiskAndAnAbsentFileFromOtherErrors) {
  EXPECT_EQ(system_error(ENOSPC, "x").code, ErrorCode::no_space);
  EXPECT_EQ(system_error(EDQUOT, "x").code, ErrorCode::no_space);
  EXPECT_EQ(system_error(EFBIG, "x").code, ErrorCode::no_space);
  EXPECT_EQ(system_error(ENOENT, "x").code, ErrorCode::not_found);
  EXPECT_EQ(system_error(EPIPE, "x").code, ErrorCode::unavailable);
  EXPECT_EQ(system_error(EIO, "x").code, ErrorCode::io);
  EXPECT_EQ(system_error(EIO, "a/file").message, "a/file: Input/output error");
  EXPECT_EQ(system_error(ENOSPC, "a/file").message, "a/file: No space left on device; free some space");
  EXPECT_EQ(system_error(EFBIG, "a/file").message,
            "a/file: File too large; raise the limit of a file's size (`ulimit -f`)");
}

}  // namespace
}  // namespace mer
