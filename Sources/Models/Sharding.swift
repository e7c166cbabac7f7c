import Checkpoints
import Torch

/// The tensors of a model of which every process has a part alone.
///
/// A part is flat: the elements of the whole, row by row, are cut into as many pieces of one length as there are processes;
/// the last ones are filled up with zeros. Small tensors are whole in every process.
public final class Sharding {
  /// Elements below which a tensor stays whole, unless told otherwise: gathering it would cost more than it takes.
  public static let fewestElements = 4096

  /// Those that have the parts.
  public let processes: ProcessGroup
  private let device: Device
  private let fewestElements: Int
  /// With the shape of the whole. They are kept, so that no other tensor is ever taken for one of them.
  private var parts: [ObjectIdentifier: (part: Tensor, shape: [Int])] = [:]

  /// Nothing is in parts yet.
  ///
  /// - Parameters:
  ///   - device: where this process has its parts.
  ///   - fewestElements: of a tensor that is worth it.
  public init(over processes: ProcessGroup, device: Device = .cpu, fewestElements: Int = fewestElements) {
    (self.processes, self.device, self.fewestElements) = (processes, device, fewestElements)
  }

  /// The shape of the whole; nil of a tensor that is no part.
  public func shape(of tensor: Tensor) -> [Int]? { parts[ObjectIdentifier(tensor)]?.shape }

  /// This process's part of a stored tensor, which is known as one from now on; the whole of one that is not worth it.
  func loaded(_ view: TensorView, isChanged: Bool) throws -> Tensor {
    guard view.count >= fewestElements, view.elementType.isFloatingPoint, !isChanged else {
      return try Tensor.copying(view, to: device)
    }
    let part = try part(of: view)
    parts[ObjectIdentifier(part)] = (part, view.shape)
    return part
  }

  /// This process's part of a stored tensor.
  public func part(of view: TensorView) throws -> Tensor {
    let (places, width) = (processes.places(ofPartOf: view.count), view.elementType.byteCount)
    let size = processes.partSize(of: view.count)
    var bytes = [UInt8](repeating: 0, count: size * width)
    bytes.withUnsafeMutableBytes { own in
      view.withUnsafeBytes {
        own.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: $0[places.lowerBound * width..<places.upperBound * width]))
      }
    }
    view.releasePages()
    return try bytes.withUnsafeBytes {
      try Tensor(bytes: $0, shape: [size], type: try DType(named: view.elementType.rawValue), device: device)
    }
  }

  /// The whole of a part, without its graph; all processes ask for it.
  public func whole(_ part: Tensor, shape: [Int]) throws -> Tensor {
    try withoutGradients { try processes.whole(part, shape: shape) }
  }
}

extension Model {
  /// The tensors in parts, with the shapes of the wholes, in the same order in every process.
  public var parts: [(tensor: Tensor, shape: [Int])] {
    guard let sharding else { return [] }
    var seen: Set<ObjectIdentifier> = []
    let all =
      parameters.sorted { $0.key < $1.key }
      + heads.sorted { $0.key < $1.key }.flatMap { $0.value.tensors.sorted { $0.key < $1.key } }
    return all.compactMap { _, tensor in
      guard let shape = sharding.shape(of: tensor), seen.insert(ObjectIdentifier(tensor)).inserted else { return nil }
      return (tensor, shape)
    }
  }

  /// The shape of a tensor of the model; of a part, that of the whole.
  public func shape(of tensor: Tensor) -> [Int] { sharding?.shape(of: tensor) ?? tensor.shape }

  /// Takes part in a run of the others without an example: the parts of all that a run in evaluation takes are gathered,
  /// and nothing is computed. For a process that has fewer batches than others.
  public func takePartInRun() throws {
    guard let sharding else { return }
    try executor.gather([parameters, buffers], sharding)
  }
}
