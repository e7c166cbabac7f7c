import Checkpoints
import HDF5
import Torch

extension Tensor {
  /// A copy of a stored tensor.
  public static func copying(_ view: TensorView, to device: Device = .cpu) throws -> Tensor {
    try view.withUnsafeBytes {
      try Tensor(bytes: $0, shape: view.shape, type: try DType(named: view.elementType.rawValue), device: device)
    }
  }

  /// The elements as a stored tensor.
  public func view() throws -> TensorView {
    TensorView(bytes: try bytes(), elementType: try elementType(), shape: shape)
  }

  /// The type of the elements as they are stored.
  public func elementType() throws -> ElementType {
    guard let elementType = type.flatMap({ ElementType(rawValue: $0.name) }) else {
      throw TorchError.failed(operation: "view", message: "unsupported element type")
    }
    return elementType
  }
}
