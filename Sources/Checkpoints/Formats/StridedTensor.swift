import Files
import HDF5
import Sizes

/// A tensor as PyTorch describes it: a window, with strides, on a storage.
struct StridedTensor {
  let name: String
  let elementType: ElementType
  let shape: [Int]
  /// Elements from one index to the next, axis by axis.
  let strides: [Int]
  /// The first element's place in the storage, in elements.
  let offset: Int

  init(name: String, elementType: ElementType, shape: [Int], strides: [Int], offset: Int) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.strides = strides
    self.offset = offset
  }

  /// A whole storage, its elements in row-major order; its shape is one whose elements can be counted.
  init(contiguous name: String, _ elementType: ElementType, _ shape: [Int]) {
    var strides: [Int] = []
    var step = 1
    for size in shape.reversed() {
      strides.insert(step, at: 0)
      step *= max(size, 1)
    }
    self.init(name: name, elementType: elementType, shape: shape, strides: strides, offset: 0)
  }

  /// The tensor, contiguous: mapped where it lies so in the file, copied otherwise.
  ///
  /// - Parameters:
  ///   - storageOffset: the first byte of the storage in the file.
  /// - Throws: ``CheckpointError/malformed(path:reason:)`` where the window reaches outside the storage.
  func view(of file: MappedFile, storageOffset: Int, storageByteCount: Int) throws -> TensorView {
    func refuse(_ reason: String) -> CheckpointError { .malformed(path: file.path, reason: "\(name): \(reason)") }
    guard shape.count == strides.count, shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }), offset >= 0
    else { throw refuse("impossible shape \(shape), strides \(strides) or offset \(offset)") }
    let size = elementType.byteCount
    guard let count = shape.checkedElementCount else { throw refuse("its shape \(shape) is too large") }
    guard count > 0 else { return TensorView(bytes: [], elementType: elementType, shape: shape) }
    var last = offset
    for (extent, stride) in zip(shape, strides) {
      guard let sum = (extent - 1).checkedTimes(stride)?.checkedPlus(last) else {
        throw refuse("its strides \(strides) are too large")
      }
      last = sum
    }
    guard last < storageByteCount / size else {
      throw refuse("it needs \(last) elements and one, its storage has \(storageByteCount / size)")
    }
    let start = storageOffset + offset * size
    if isContiguous, start % size == 0 {
      return try TensorView(mapping: file, offset: start, elementType: elementType, shape: shape)
    }
    // A window may show one element many times over; what that makes must still be a size that files have.
    guard count <= max(storageByteCount / size, 1 << 28) else {
      throw refuse("its \(count) elements are made of a storage of \(storageByteCount / size)")
    }
    let bytes = file.withUnsafeBytes {
      Self.gathered($0, start: start, shape: shape, strides: strides, elementByteCount: size)
    }
    return TensorView(bytes: bytes, elementType: elementType, shape: shape)
  }

  /// Whether its elements lie one after the other.
  var isContiguous: Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return false }
      expected *= extent
    }
    return true
  }

  /// The elements that strides show, one after the other.
  static func gathered(
    _ bytes: UnsafeRawBufferPointer, start: Int, shape: [Int], strides: [Int], elementByteCount size: Int
  ) -> [UInt8] {
    let count = shape.reduce(1, *)
    return [UInt8](unsafeUninitializedCapacity: count * size) { target, written in
      var index = [Int](repeating: 0, count: shape.count)
      var place = start
      let steps = strides.map { $0 * size }
      for position in 0..<count {
        for byte in 0..<size { target[position * size + byte] = bytes[place + byte] }
        for axis in shape.indices.reversed() {
          index[axis] += 1
          place += steps[axis]
          if index[axis] < shape[axis] { break }
          place -= index[axis] * steps[axis]
          index[axis] = 0
        }
      }
      written = count * size
    }
  }
}

extension TensorView {
  /// The same elements with the axes in another order: axis `i` of the result is axis `axes[i]` of this one.
  func permuted(_ axes: [Int]) -> TensorView {
    precondition(axes.sorted() == Array(shape.indices), "axes \(axes) of shape \(shape)")
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    let permutedShape = axes.map { shape[$0] }
    let bytes = withUnsafeBytes {
      StridedTensor.gathered(
        $0, start: 0, shape: permutedShape, strides: axes.map { strides[$0] }, elementByteCount: elementType.byteCount)
    }
    return TensorView(bytes: bytes, elementType: elementType, shape: permutedShape)
  }

  /// The same elements in another shape.
  func reshaped(_ shape: [Int]) -> TensorView {
    withUnsafeBytes { TensorView(copying: $0, elementType: elementType, shape: shape) }
  }
}
