import CTorchInterface
import Foundation

/// Several processes, on one machine or more, that compute together on CPUs: through libtorch's own process groups, over
/// Gloo.
///
/// What all take part in, each has to ask for in the same order; it waits for the others, ``timeout`` seconds at most.
/// Once it has failed, for whatever reason, nothing can be computed together any more: ``cause(of:)`` says why.
public final class ProcessGroup: @unchecked Sendable {
  // Sendable: a group is used on one thread, the one that trains.
  /// Where this process stands.
  public let place: ProcessPlace
  /// Seconds that the others are waited for.
  public let timeout: Double
  /// All processes by rank, this one too.
  public private(set) var peers: [ProcessError.Peer]
  private var isUnreachable = false
  let handle: OpaquePointer
  let table: LTTable

  /// This process's number, from 0.
  public var rank: Int { place.rank }
  /// How many there are.
  public var count: Int { place.count }
  /// Whether this one speaks and writes for all.
  public var leads: Bool { rank == 0 }

  /// Seconds that processes are waited for which were started together with this one, at most.
  static let longestMeeting = 300.0

  /// Meets the others.
  ///
  /// - Parameter timeout: seconds, here and in all that follows.
  /// - Throws: ``ProcessError/noMeeting(address:seconds:reason:)``, ``ProcessError/missing(_:of:address:seconds:)``, and
  ///   ``TorchError`` where libtorch is missing.
  public init(_ place: ProcessPlace, timeout: Double) throws {
    let table = try Library.table()
    let patience = min(timeout, Self.longestMeeting)
    var met: OpaquePointer?
    let status = table.processes_meet(
      place.host, Int64(place.port), !place.isServed && place.rank == 0 ? 1 : 0, "lethe/\(place.attempt)",
      Self.milliseconds(patience), &met)
    guard status == 0, let met else {
      throw ProcessError.noMeeting(address: place.address, seconds: patience, reason: Self.lastError(of: table))
    }
    (self.place, self.timeout, self.table, handle) = (place, timeout, table, met)
    peers = (0..<place.count).map { ProcessError.Peer(rank: $0) }
    try meet(within: patience)
    let joined = table.processes_join(
      met, Int64(place.rank), Int64(place.count), place.isOneMachine ? 1 : 0, Self.milliseconds(timeout))
    guard joined == 0 else {
      throw ProcessError.noMeeting(address: place.address, seconds: timeout, reason: Self.lastError(of: table))
    }
    // One that ends at once would leave those that are still joining without its words.
    try barrier()
  }

  // A question that is still waited for would find nothing left.
  deinit { if !isUnreachable { table.processes_release(handle) } }

  /// Waits until all others have said where they are.
  private func meet(within seconds: Double) throws {
    let (number, host) = (Int(ProcessInfo.processInfo.processIdentifier), ProcessInfo.processInfo.hostName)
    peers[rank] = ProcessError.Peer(rank: rank, host: host, process: number)
    try set("here/\(rank)", "\(number) \(host)")
    let deadline = Date(timeIntervalSinceNow: seconds)
    var missing: [ProcessError.Peer] = []
    for other in 0..<count where other != rank {
      guard let found = text("here/\(other)", within: deadline.timeIntervalSinceNow) else {
        missing.append(peers[other])
        continue
      }
      let parts = found.split(separator: " ", maxSplits: 1).map(String.init)
      peers[other] = ProcessError.Peer(rank: other, host: parts.last, process: parts.first.flatMap { Int($0) })
    }
    guard missing.isEmpty else {
      // Others wait a little longer for what is found where this process keeps it.
      if rank == 0, !place.isServed { Thread.sleep(forTimeInterval: 1) }
      throw ProcessError.missing(missing, of: count, address: place.address, seconds: seconds)
    }
  }

  private static func milliseconds(_ seconds: Double) -> Int64 { Int64((min(max(seconds, 0.001), 1e9)) * 1000) }

  static func lastError(of table: LTTable) -> String {
    let text = (table.last_error().map { String(cString: $0) } ?? "unknown error").replacing(
      LT_BROKEN_EXCHANGE, with: "")
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  private func attempt(_ operation: String, _ status: Int32) throws {
    guard status != 0 else { return }
    throw ProcessError.broken(operation: operation, reason: Self.lastError(of: table))
  }
}

// MARK: - Computed together

extension ProcessGroup {
  /// Puts the sum over all processes into the place of a tensor; each has one of the same shape and type. What lies on a
  /// GPU goes through the host's memory, which is what Gloo exchanges.
  ///
  /// - Throws: ``ProcessError/broken(operation:reason:)``.
  public func sum(_ tensor: Tensor) throws {
    guard tensor.count > 0 else { return }
    try withExtendedLifetime((self, tensor)) {
      try attempt("the sum", table.processes_sum(handle, tensor.handle))
    }
  }

  /// Puts the values of one process into everybody's tensor; each has one of the same shape and type.
  ///
  /// - Throws: ``ProcessError/broken(operation:reason:)``.
  public func broadcast(_ tensor: Tensor, from root: Int = 0) throws {
    guard tensor.count > 0 else { return }
    try withExtendedLifetime((self, tensor)) {
      try attempt("the broadcast", table.processes_broadcast(handle, tensor.handle, Int64(root)))
    }
  }

  /// The sums of numbers over all processes, the same to the last bit in each.
  public func sum(_ numbers: [Double]) throws -> [Double] {
    let tensor = try Tensor(numbers)
    try sum(tensor)
    return try tensor.array()
  }

  /// The numbers of one process; each gives as many.
  public func broadcast(_ numbers: [Double], from root: Int = 0) throws -> [Double] {
    let tensor = try Tensor(numbers)
    try broadcast(tensor, from: root)
    return try tensor.array()
  }

  /// Waits until all have come here.
  public func barrier() throws { _ = try sum([0.0]) }

  /// What each process gives, by rank.
  public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    try (0..<count).map { root in
      let size = Int(try broadcast([Double(bytes.count)], from: root)[0])
      guard size > 0 else { return [] }
      let tensor = try Tensor(root == rank ? bytes : [UInt8](repeating: 0, count: size))
      try broadcast(tensor, from: root)
      return try tensor.array()
    }
  }

  /// Tensors of each process by what they are called, by rank; each gives what it has.
  ///
  /// - Parameter device: where this process has those that lie on a GPU of whoever gives them; the others are the CPU's.
  /// - Throws: ``ProcessError/broken(operation:reason:)``.
  public func gather(_ tensors: [String: Tensor], to device: Device = .cpu) throws -> [[String: Tensor]] {
    let own = try tensors.mapValues { try $0.detached().contiguous() }
    let layouts = try own.map { try TensorLayout($0, $1) }.sorted { $0.name < $1.name }
    let all = try gather(Array(JSONEncoder().encode(layouts))).map {
      try JSONDecoder().decode([TensorLayout].self, from: Data($0))
    }
    return try all.enumerated().map { root, layouts in
      var found: [String: Tensor] = [:]
      for layout in layouts {
        let tensor =
          try (root == rank ? own[layout.name] : nil)
          ?? Tensor.zeros(layout.shape, type: DType(named: layout.type), device: layout.isOnGPU ? device : .cpu)
        try broadcast(tensor, from: root)
        found[layout.name] = tensor
      }
      return found
    }
  }

  /// The tensors of all processes one after the other, `[rows of all, …]`, which differ in their first axis at most.
  ///
  /// - Returns: with the first row that is this process's own.
  public func concatenated(_ tensor: Tensor) throws -> (tensor: Tensor, first: Int) {
    var rows = [Double](repeating: 0, count: count)
    rows[rank] = Double(tensor.shape[0])
    rows = try sum(rows)
    let own = try tensor.contiguous()
    var first = 0
    let parts = try rows.enumerated().map { root, size in
      if root < rank { first += Int(size) }
      let part =
        root == rank
        ? try own.cloned()
        : try Tensor.zeros(
          [Int(size)] + tensor.shape.dropFirst(), type: tensor.type ?? .float32, device: tensor.device)
      try broadcast(part, from: root)
      return part
    }
    return (try Tensor.concatenated(parts), first)
  }
}

// MARK: - When it fails

extension ProcessGroup {
  /// Seconds that those who are left wait for one another's words.
  private static let grace = 3.0
  /// Set by one that ends with an error.
  static let endMark = "end"

  private struct Note: Codable, Sendable {
    var words: String?
    var status: Int32?
  }

  /// Lets the others know that this process ends with an error of its own.
  ///
  /// - Returns: whether one of a lower rank ends with the same words, and has said them.
  public func note(failure words: String, status: Int32) -> Bool {
    let isSaid = whileReachable { [self] in
      try? set(note: Note(words: words, status: status))
      try? set(Self.endMark, "1")
      // Those that wait for this one learn by it.
      _ = table.processes_part(handle)
      defer { leave(besides: []) }
      guard rank > 0 else { return false }
      let deadline = Date(timeIntervalSinceNow: Self.grace)
      return (0..<rank).contains {
        note(of: $0, within: $0 == 0 ? deadline.timeIntervalSinceNow : 0.001)?.words == words
      }
    }
    return isSaid ?? false
  }

  /// Who is to blame for a failure of ``ProcessError/broken(operation:reason:)``: who of the others said why it ends, and
  /// else who says nothing.
  ///
  /// - Returns: the cause, and whether it is for this process to say: of those that are left it has the lowest rank, and
  ///   nobody on its machine has said it already.
  public func cause(of reason: String) -> (error: ProcessError, isToSay: Bool) {
    let isTimeOut = reason.lowercased().contains("timed out")
    let found = whileReachable { [self] () -> [Note?]? in
      // What is found there is rank 0's where no launcher keeps it.
      guard (try? set(note: Note())) != nil else { return nil }
      _ = table.processes_part(handle)
      let deadline = Date(timeIntervalSinceNow: Self.grace)
      let notes = (0..<count).map { $0 == rank ? Note() : note(of: $0, within: deadline.timeIntervalSinceNow) }
      leave(besides: notes.indices.filter { notes[$0] == nil })
      return notes
    }
    guard let notes = found ?? nil else {
      let isFirstHere = peers.dropFirst().first { $0.host == peers[rank].host }?.rank == rank
      return (.lost([peers[0]], isTimeOut: isTimeOut, seconds: timeout), isFirstHere)
    }
    let isFirst = notes.firstIndex { $0 != nil && $0?.words == nil } == rank
    if let failed = notes.firstIndex(where: { $0?.words != nil }), let note = notes[failed] {
      let isHeard = peers[failed].host == peers[rank].host
      return (.failed(peers[failed], words: note.words ?? "", status: note.status ?? 1), isFirst && !isHeard)
    }
    let silent = notes.indices.filter { notes[$0] == nil }
    guard !silent.isEmpty else { return (.broken(operation: "the work", reason: reason), isFirst) }
    return (.lost(silent.map { peers[$0] }, isTimeOut: isTimeOut, seconds: timeout), isFirst)
  }

  /// Asks for what is kept elsewhere. Where the network is cut, such a question may be waited for much longer than anyone
  /// wants to.
  ///
  /// - Returns: nil where nothing came in a few seconds: nothing is asked of this group any more then.
  func whileReachable<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result? {
    guard !isUnreachable else { return nil }
    let answer = Answer<Result>()
    let thread = Thread { answer.give(body()) }
    thread.start()
    let found = answer.wait(seconds: 3 * Self.grace)
    if found == nil { isUnreachable = true }
    return found
  }

  /// Lets rank 0 know that this process needs nothing more of what it keeps; rank 0 keeps it until then.
  private func leave(besides silent: [Int]) {
    guard rank == 0 else {
      try? set("left/\(rank)", "1")
      return
    }
    guard !place.isServed else { return }
    let deadline = Date(timeIntervalSinceNow: Self.grace)
    for other in 1..<count where !silent.contains(other) {
      _ = text("left/\(other)", within: deadline.timeIntervalSinceNow)
    }
  }

  private func set(note: Note) throws {
    try set("end/\(rank)", String(decoding: JSONEncoder().encode(note), as: UTF8.self))
  }

  private func note(of other: Int, within seconds: Double) -> Note? {
    text("end/\(other)", within: seconds).flatMap { try? JSONDecoder().decode(Note.self, from: Data($0.utf8)) }
  }

  func set(_ key: String, _ text: String) throws {
    let bytes = Array(text.utf8)
    let status = withExtendedLifetime(self) {
      bytes.withUnsafeBytes { table.processes_set(handle, key, $0.baseAddress, Int64($0.count)) }
    }
    guard status == 0 else {
      throw ProcessError.noMeeting(address: place.address, seconds: 0, reason: Self.lastError(of: table))
    }
  }

  /// What another process set; nil where it did not in time.
  func text(_ key: String, within seconds: Double) -> String? {
    var bytes: [UInt8] = []
    let status = withExtendedLifetime(self) {
      withUnsafeMutablePointer(to: &bytes) { sink in
        table.processes_get(handle, key, Self.milliseconds(seconds), sink) { sink, bytes, count in
          guard let sink, let bytes else { return }
          sink.assumingMemoryBound(to: [UInt8].self).pointee = Array(
            UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        }
      }
    }
    return status == 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }
}

/// What another thread finds out.
private final class Answer<Result: Sendable>: @unchecked Sendable {
  // Sendable: what is found is set before the signal and read after it.
  private let signal = DispatchSemaphore(value: 0)
  private var found: Result?

  func give(_ result: Result) {
    found = result
    signal.signal()
  }

  func wait(seconds: Double) -> Result? { signal.wait(timeout: .now() + seconds) == .success ? found : nil }
}

/// What others need to know of a tensor that they are given.
private struct TensorLayout: Codable {
  let name: String
  let shape: [Int]
  let type: String
  let isOnGPU: Bool

  init(_ name: String, _ tensor: Tensor) throws {
    guard let type = tensor.type else {
      throw TorchError.failed(operation: "gather", message: "no element type of '\(name)'")
    }
    (self.name, shape, self.type, isOnGPU) = (name, tensor.shape, type.name, tensor.device.isCUDA)
  }
}
