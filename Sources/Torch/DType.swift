import CTorchInterface

/// The element type of a tensor.
public enum DType: Int32, Sendable, CaseIterable {
  case float64 = 0
  case float32 = 1
  case float16 = 2
  case bfloat16 = 3
  case int64 = 4
  case int32 = 5
  case uint8 = 6
  case bool = 7

  /// Bytes one element takes.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16: 2
    case .uint8, .bool: 1
    }
  }

  /// An element type by the name that programs and checkpoints use: `float32`, `int64`…
  ///
  /// - Throws: ``TorchError/failed(operation:message:)`` for a name of another type.
  public init(named name: String) throws {
    guard let match = DType.allCases.first(where: { $0.name == name }) else {
      throw TorchError.failed(operation: "element type", message: "'\(name)' is not supported")
    }
    self = match
  }

  /// The name that programs and checkpoints use, as `float32`.
  public var name: String { "\(self)" }

  /// Whether elements have fractions: float64, float32, float16 or bfloat16.
  public var isFloatingPoint: Bool { rawValue <= DType.bfloat16.rawValue }
}

/// A Swift type whose values can be read from and written to a tensor without conversion.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The element type whose elements lie in memory as values of this type do.
  static var dtype: DType { get }
}

extension Double: TensorElement { public static var dtype: DType { .float64 } }
extension Float: TensorElement { public static var dtype: DType { .float32 } }
extension Int64: TensorElement { public static var dtype: DType { .int64 } }
extension Int: TensorElement { public static var dtype: DType { .int64 } }
extension Int32: TensorElement { public static var dtype: DType { .int32 } }
extension UInt8: TensorElement { public static var dtype: DType { .uint8 } }
extension Bool: TensorElement { public static var dtype: DType { .bool } }
