/// What was asked of a device's memory and was not there, in libtorch's own units: `2.00 GiB`.
public struct MemoryShortage: Sendable, Equatable, CustomStringConvertible {
  /// How much was asked for.
  public let asked: String?
  /// How much was free.
  public let free: String?
  /// How much the device has.
  public let capacity: String?

  /// What is known of it.
  public init(asked: String?, free: String? = nil, capacity: String? = nil) {
    (self.asked, self.free, self.capacity) = (asked, free, capacity)
  }

  /// Out of what the allocator of CUDA says, in one line of many sentences.
  init(saidByLibtorch message: String) {
    asked = message.firstMatch(of: /Tried to allocate ([0-9.]+ [KMGT]?i?B|[0-9]+ bytes)/).map { String($0.1) }
    free = message.firstMatch(of: /of which ([0-9.]+ [KMGT]?i?B|[0-9]+ bytes) is free/).map { String($0.1) }
    capacity = message.firstMatch(of: /total capacity of ([0-9.]+ [KMGT]?i?B|[0-9]+ bytes)/).map { String($0.1) }
  }

  public var description: String {
    let parts = [
      asked.map { "asked for \($0)" }, free.map { "\($0) free" + (capacity.map { " of \($0)" } ?? "") },
    ].compactMap { $0 }
    return "the GPU's memory is full" + (parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))")
  }
}
