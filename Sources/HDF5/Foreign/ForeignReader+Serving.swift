import CConfinement
import CHDF5
import Foundation

extension ForeignReader {
  /// Where the process that reads finds the other end of its connection, and the file.
  static let connection: Int32 = 0
  static let fileDescriptor: Int32 = 3
  /// What a reader may take: no good file needs it.
  private static let memory: UInt64 = 3 << 30
  private static let seconds: UInt64 = 3600

  /// Reads the file for the process at the other end, until that goes away.
  ///
  /// From before the first byte is read it can open this file alone, and none any more once it is open.
  static func serve(path: String) -> Never {
    // What would need a file later on is used once.
    _ = try? ReaderMessage.decode(ReaderMessage.encode(["\(0.5)"])) as [String]
    do {
      try confine("limit itself", lethe_limit(memory, seconds), path)
      _ = lethe_close_from(fileDescriptor + 1)
      try confine("give up files", lethe_confine_files(fileDescriptor), path)
      try confine("give up system calls", lethe_confine_calls(1), path)
      let file = try File(descriptor: fileDescriptor, named: path)
      try confine("give up opening files", lethe_confine_calls(0), path)
      LinkGuard.followsNone()
      let walk = try ForeignWalk(file)
      send(.value, try ReaderMessage.encode(walk.contents))
      var server = Server(file: file, paths: walk.datasets)
      while let request = receive() {
        do { try server.answer(request) } catch { try fail(error, path) }
      }
    } catch {
      try? fail(error, path)
    }
    _exit(0)
  }

  private static func confine(_ what: String, _ status: Int32, _ path: String) throws {
    guard status < 0 else { return }
    throw HDF5Error.unreadable(
      path: path, reason: "the process that reads it cannot \(what): \(String(cString: strerror(errno)))")
  }

  private static func fail(_ error: any Error, _ path: String) throws {
    let error = error as? HDF5Error ?? .unreadable(path: path, reason: "\(error)")
    send(.failure, try ReaderMessage.encode(error))
  }

  private struct Server {
    let file: File
    let paths: [Int: String]
    // Kept open: libhdf5 keeps the chunks it has unpacked with an open dataset.
    private var open: [Int: Dataset] = [:]
    /// What is read at once, if a chunk is not larger.
    private static let blockByteCount = 16 << 20

    init(file: File, paths: [Int: String]) {
      self.file = file
      self.paths = paths
    }

    mutating func answer(_ request: ReaderRequest) throws {
      switch request {
      case .strings(let index): send(.value, try ReaderMessage.encode(dataset(index).readStrings()))
      case .bytes(let index, let type, let rows): try sendBytes(of: dataset(index), type, rows)
      case .confinement: send(.value, try ReaderMessage.encode(ForeignReader.remainingRights()))
      }
    }

    private mutating func dataset(_ index: Int) throws -> Dataset {
      if let dataset = open[index] { return dataset }
      let dataset = try file.root.dataset(paths[index] ?? "")
      open[index] = dataset
      return dataset
    }

    private func sendBytes(of dataset: Dataset, _ type: ElementType, _ rows: Range<Int>?) throws {
      let shape = try dataset.shape
      guard let count = shape.first else { return send(.bytes, try dataset.bytes(as: type, rows: nil)) }
      let rowByteCount = shape.dropFirst().reduce(type.byteCount, *)
      let block = try dataset.blockRows(rowByteCount, near: Self.blockByteCount)
      let rows = rows ?? 0..<count
      var first = rows.lowerBound
      while first < rows.upperBound {
        let end = min(rows.upperBound, (first / block + 1) * block)
        send(.bytes, try dataset.bytes(as: type, rows: first..<end))
        first = end
      }
    }
  }

  // MARK: The connection

  private static func send(_ mark: ReaderMessage.Mark, _ bytes: [UInt8]) {
    for part in [ReaderMessage.header(mark, bytes.count), bytes] {
      part.withUnsafeBytes { part in
        var sent = 0
        while sent < part.count {
          let rest = UnsafeRawBufferPointer(rebasing: part[sent...])
          let count = write(connection, rest.baseAddress, rest.count)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { _exit(0) }
          sent += count
        }
      }
    }
  }

  /// Nil when the other end is gone.
  private static func receive() -> ReaderRequest? {
    guard let header = receive(ReaderMessage.headerByteCount), let (mark, byteCount) = ReaderMessage.parse(header),
      mark == .request, byteCount <= ReaderMessage.longest, let bytes = receive(byteCount)
    else { return nil }
    return try? ReaderMessage.decode(bytes)
  }

  private static func receive(_ byteCount: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var received = 0
    while received < byteCount {
      let count = bytes.withUnsafeMutableBytes { bytes in
        let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[received...])
        return read(connection, rest.baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      received += count
    }
    return bytes
  }

  // MARK: For tests

  /// Tries what a hostile file would, and tells what was possible.
  private static func remainingRights() -> [String] {
    var rights: [String] = []
    let file = open("/etc/passwd", O_RDONLY)
    if file >= 0 { rights.append("open a file") }
    let temporary = "/tmp/lethe-reader-\(getpid())"
    let created = open(temporary, O_CREAT | O_WRONLY, 0o600)
    if created >= 0 {
      unlink(temporary)
      rights.append("create a file")
    }
    if pwrite(fileDescriptor, "x", 1, 0) > 0 { rights.append("write the file") }
    #if canImport(Glibc)
      if socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) >= 0 { rights.append("connect") }
    #else
      if socket(AF_INET, SOCK_STREAM, 0) >= 0 { rights.append("connect") }
    #endif
    if kill(getppid(), 0) == 0 { rights.append("send signals") }
    let memory = mmap(nil, Int(memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if memory != MAP_FAILED { rights.append("take \(Self.memory) bytes") }
    return rights
  }
}

extension Dataset {
  /// Rows to be read at once: whole chunks.
  fileprivate func blockRows(_ rowByteCount: Int, near byteCount: Int) throws -> Int {
    let rows = max(1, byteCount / max(1, rowByteCount))
    let chunk = try chunkRowCount()
    return rows >= chunk ? rows / chunk * chunk : chunk
  }
}
