import Checkpoints
import HDF5
import Torch

extension DType {
  /// An element type by the name that programs and checkpoints use: `float32`, `int64`…
  public init?(named name: String) {
    guard let match = DType.allCases.first(where: { "\($0)" == name }) else { return nil }
    self = match
  }

  public init(_ type: ElementType) {
    switch type {
    case .float64: self = .float64
    case .float32: self = .float32
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .int64: self = .int64
    case .int32: self = .int32
    case .uint8: self = .uint8
    case .bool: self = .bool
    }
  }

  public var elementType: ElementType {
    switch self {
    case .float64: .float64
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .int64: .int64
    case .int32: .int32
    case .uint8: .uint8
    case .bool: .bool
    }
  }
}

extension Tensor {
  /// A copy of a stored tensor.
  public static func copying(_ view: TensorView, to device: Device = .cpu) throws -> Tensor {
    try view.withUnsafeBytes {
      try Tensor(bytes: $0, shape: view.shape, type: DType(view.elementType), device: device)
    }
  }

  /// The elements as a stored tensor.
  public func view() throws -> TensorView {
    guard let type else { throw TorchError.failed(operation: "view", message: "unsupported element type") }
    return TensorView(bytes: try bytes(), elementType: type.elementType, shape: shape)
  }
}
