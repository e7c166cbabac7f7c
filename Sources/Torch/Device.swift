import CTorchInterface

/// Where a tensor's memory is.
public struct Device: Sendable, Hashable, CustomStringConvertible {
  /// libtorch's name: `cpu`, `cuda:0`.
  public let name: String

  /// The processor's own memory.
  public static let cpu = Device(name: "cpu")

  private init(name: String) { self.name = name }

  /// A device by name: `cpu`, `cuda`, `cuda:1`, or `auto` (a CUDA device if there is one, else the CPU).
  ///
  /// A CUDA device computes in float32 from then on, not in TF32, and with the same kernels of cuDNN each time.
  ///
  /// - Parameter place: among the processes of this machine: where the name leaves open which CUDA device, each has the next
  ///   one, and those share one that are more than there are.
  /// - Throws: ``TorchError/unknownDevice(_:reason:)`` for another name, or a CUDA device that this machine lacks.
  public init(_ name: String, place: Int = 0) throws {
    self = try Device(found: name, place: place)
    if isCUDA { try Self.exactKernels.get() }
  }

  private static let exactKernels = Result {
    let table = try Library.table()
    try check(table.use_exact_kernels(), "use exact kernels", table)
  }

  /// How it computes, where libtorch could do otherwise; nil of the CPU.
  public var arithmetic: String? { isCUDA ? "float32 without TF32, deterministic cuDNN" : nil }

  private init(found name: String, place: Int) throws {
    let available = name == "cpu" ? 0 : Int(try Library.table().cuda_device_count())
    switch name {
    case "cpu": self = .cpu
    case "auto" where available == 0: self = .cpu
    case "auto",
      "cuda" where available > 0:
      self.init(name: "cuda:\(place % available)")
    case "cuda":
      throw TorchError.unknownDevice(name, reason: "this libtorch sees no CUDA device")
    default:
      guard name.hasPrefix("cuda:"), let index = Int(name.dropFirst(5)), index >= 0 else {
        throw TorchError.unknownDevice(name, reason: "expected auto, cpu, cuda or cuda:N")
      }
      guard index < available else {
        throw TorchError.unknownDevice(name, reason: "this libtorch sees \(available) CUDA devices")
      }
      self.init(name: name)
    }
  }

  init(reported name: String) { self.init(name: name) }

  public var description: String { name }
  /// Whether it is a GPU that libtorch drives through CUDA.
  public var isCUDA: Bool { name.hasPrefix("cuda") }

  /// How many CUDA devices this libtorch sees; 0 for one that was built for CPUs.
  ///
  /// - Throws: ``TorchError/unavailable(reason:)`` without libtorch.
  public static func cudaDeviceCount() throws -> Int { Int(try Library.table().cuda_device_count()) }

  /// Waits until the device has done all that was asked of it.
  public func synchronize() throws {
    guard isCUDA else { return }
    let table = try Library.table()
    try check(table.synchronize(name), "synchronize", table)
  }
}
