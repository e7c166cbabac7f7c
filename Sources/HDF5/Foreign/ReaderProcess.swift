import Foundation

/// A process that reads one foreign file for this one.
///
/// Whatever it says is checked: the file may have taken it over. Sendable because everything in it is touched under its
/// lock.
final class ReaderProcess: @unchecked Sendable {
  /// How long it may take to say what is in a file, and to begin with numbers.
  static let patience: TimeInterval = 60
  /// How fast numbers come at least.
  private static let slowest = 1_000_000.0

  let process: pid_t
  private let path: String
  private let connection: Int32
  private let patience: TimeInterval
  private let lock = NSLock()
  private var isOver = false

  /// Starts it.
  ///
  /// - Parameter descriptor: the file, which it opens by this descriptor alone.
  /// - Throws: ``HDF5Error/unreadable(path:reason:)``.
  init(_ executable: String, descriptor: Int32, path: String, patience: TimeInterval = patience) throws {
    var ends: [Int32] = [-1, -1]
    #if canImport(Glibc)
      let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    #else
      let type = SOCK_STREAM
    #endif
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Self.unstarted(path, errno) }
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    // Not where the other process is to find one of them, which would be put over another.
    let given = [ends[1], descriptor].map { fcntl($0, F_DUPFD_CLOEXEC, ForeignReader.fileDescriptor + 1) }
    let code = errno
    close(ends[1])
    defer { for copy in given where copy >= 0 { close(copy) } }
    do {
      guard given.allSatisfy({ $0 >= 0 }) else { throw Self.unstarted(path, code) }
      process = try Self.spawn(executable, connection: given[0], descriptor: given[1], path: path)
    } catch {
      close(ends[0])
      throw error
    }
    connection = ends[0]
    self.path = path
    self.patience = patience
  }

  private static func unstarted(_ path: String, _ code: Int32) -> HDF5Error {
    .unreadable(
      path: path, reason: "the process that reads foreign files cannot be started: \(String(cString: strerror(code)))")
  }

  private static func spawn(_ executable: String, connection: Int32, descriptor: Int32, path: String) throws -> pid_t {
    #if canImport(Glibc)
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #else
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, connection, ForeignReader.connection)
    posix_spawn_file_actions_adddup2(&actions, descriptor, ForeignReader.fileDescriptor)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    // In a group of its own: Ctrl-C is for the command, which may still need what it reads.
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    // Swift would write a report where it crashes.
    let environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    var process: pid_t = 0
    let status = withCStrings(["lethe", ForeignReader.verb, path]) { arguments in
      withCStrings(environment.map { "\($0)=\($1)" }) { environment in
        posix_spawn(&process, executable, &actions, &attributes, arguments, environment)
      }
    }
    guard status == 0 else { throw unstarted(path, status) }
    return process
  }

  private static func withCStrings<Result>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let pointers = texts.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
  }

  deinit { end() }

  /// Ends it; what is asked later fails.
  func end() {
    lock.withLock {
      guard !isOver else { return }
      _ = finish()
    }
  }

  // MARK: Asking

  /// What it says first of all.
  func contents() throws -> ForeignContents { try lock.withLock { try value() } }

  /// Asks for something, and takes a value for an answer.
  func ask<Value: Decodable>(_ request: ReaderRequest) throws -> Value {
    try lock.withLock {
      try send(request)
      return try value()
    }
  }

  /// Asks for numbers, and takes exactly as many bytes as there is place for.
  func ask(_ request: ReaderRequest, into destination: UnsafeMutableRawBufferPointer) throws {
    try lock.withLock {
      try send(request)
      var left = patience + Double(destination.count) / Self.slowest
      var received = 0
      while received < destination.count {
        let (mark, byteCount) = try header(&left)
        guard mark == .bytes else { throw try failure(mark, byteCount, &left) }
        guard byteCount > 0, byteCount <= destination.count - received else {
          throw impossible("\(byteCount) bytes where \(destination.count - received) were expected")
        }
        try receive(into: UnsafeMutableRawBufferPointer(rebasing: destination[received..<received + byteCount]), &left)
        received += byteCount
      }
    }
  }

  private func value<Value: Decodable>() throws -> Value {
    var left = patience
    let (mark, byteCount) = try header(&left)
    guard mark == .value else { throw try failure(mark, byteCount, &left) }
    return try decode(byteCount, &left)
  }

  private func header(_ left: inout TimeInterval) throws -> (ReaderMessage.Mark, Int) {
    let bytes = try receive(ReaderMessage.headerByteCount, &left)
    guard let header = ReaderMessage.parse(bytes) else { throw impossible("no message") }
    return header
  }

  private func failure(_ mark: ReaderMessage.Mark, _ byteCount: Int, _ left: inout TimeInterval) throws -> any Error {
    guard mark == .failure else { return impossible("a message of another kind") }
    let error: HDF5Error = try decode(byteCount, &left)
    do { try ForeignContents.checkReason(of: error) } catch { return impossible("a reason without end") }
    return error
  }

  private func decode<Value: Decodable>(_ byteCount: Int, _ left: inout TimeInterval) throws -> Value {
    guard byteCount <= ReaderMessage.longest else { throw impossible("a message of \(byteCount) bytes") }
    let bytes = try receive(byteCount, &left)
    do { return try ReaderMessage.decode(bytes) } catch { throw impossible("no message") }
  }

  // MARK: The connection

  private func send(_ request: ReaderRequest) throws {
    guard !isOver else { throw HDF5Error.unreadable(path: path, reason: "it was closed, or its reader has ended") }
    let body = try ReaderMessage.encode(request)
    let bytes = ReaderMessage.header(.request, body.count) + body
    #if canImport(Glibc)
      let flags = Int32(MSG_NOSIGNAL)
    #else
      let flags: Int32 = 0
      var isSilent: Int32 = 1
      setsockopt(connection, SOL_SOCKET, SO_NOSIGPIPE, &isSilent, socklen_t(MemoryLayout<Int32>.size))
    #endif
    // It is waiting, and a request is far shorter than what a socket takes.
    guard Foundation.send(connection, bytes, bytes.count, flags) == bytes.count else { throw ended() }
  }

  private func receive(_ byteCount: Int, _ left: inout TimeInterval) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    try bytes.withUnsafeMutableBytes { try receive(into: $0, &left) }
    return bytes
  }

  private func receive(into destination: UnsafeMutableRawBufferPointer, _ left: inout TimeInterval) throws {
    guard let base = destination.baseAddress else { return }
    var received = 0
    while received < destination.count {
      try wait(&left)
      let count = recv(connection, base + received, destination.count - received, 0)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { throw ended() }
      received += count
    }
  }

  /// Waits until something is there. Time in which this process was stopped does not count.
  private func wait(_ left: inout TimeInterval) throws {
    var event = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
    while true {
      let start = ContinuousClock.now
      let count = poll(&event, 1, Int32(1000 * min(max(left, 0), 1)))
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      left -= min(seconds, 1.5)
      if count > 0 { return }
      guard left > 0 else {
        _ = finish()
        throw HDF5Error.unreadable(
          path: path, reason: "the process that reads it was ended: it gave no answer in \(Int(patience)) s")
      }
    }
  }

  // MARK: The end

  /// Ends it, and waits until it is gone.
  ///
  /// - Returns: its status as `waitpid` has it.
  private func finish() -> Int32 {
    isOver = true
    close(connection)
    kill(process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// It is gone: by what.
  private func ended() -> HDF5Error {
    // It has closed its end by dying, and what it died of stands already.
    let status = finish()
    let signal = status & 0x7f
    let how =
      signal == 0 ? "with status \(status >> 8 & 0xff)" : "by signal \(signal) (\(String(cString: strsignal(signal))))"
    return .unreadable(path: path, reason: "the process that read it ended \(how)")
  }

  private func impossible(_ what: String) -> HDF5Error {
    _ = finish()
    return .unreadable(path: path, reason: "the process that reads it gave an answer that cannot be: \(what)")
  }
}
