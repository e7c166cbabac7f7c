import Foundation

/// A port of this machine that nobody listens at.
public func freePort() -> Int {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
    }
  }
  precondition(status == 0, "no port is free: errno \(errno)")
  return Int(UInt16(bigEndian: address.sin_port))
}

/// What several threads of this process come to, each of which is given its number and the environment of one of several
/// processes.
///
/// - Throws: the error of the first that has one.
public func ranks<Result: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (_ rank: Int, _ environment: [String: String]) throws -> Result
) throws -> [Result] {
  let port = freePort()
  let results = Results<Result>(count)
  let group = DispatchGroup()
  for rank in 0..<count {
    group.enter()
    let thread = Thread {
      let environment = [
        "RANK": "\(rank)", "WORLD_SIZE": "\(count)", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
      ]
      results.set(rank, Swift.Result { try body(rank, environment) })
      group.leave()
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
  group.wait()
  return try results.all.map { try $0.get() }
}

/// Sendable because every access is under the lock.
private final class Results<Result>: @unchecked Sendable {
  private let lock = NSLock()
  private var found: [Swift.Result<Result, any Error>?]

  init(_ count: Int) { found = Array(repeating: nil, count: count) }

  func set(_ rank: Int, _ result: Swift.Result<Result, any Error>) { lock.withLock { found[rank] = result } }

  var all: [Swift.Result<Result, any Error>] { lock.withLock { found.compactMap(\.self) } }
}
