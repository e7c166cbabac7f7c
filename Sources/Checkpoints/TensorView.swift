import Files
import Foundation
import HDF5

/// The bytes of a tensor, with their type and shape: in memory, mapped from a file and read when touched, or still to be
/// made.
///
/// Elements are little-endian, in row-major order, and begin at an address that suits their type.
public struct TensorView: Sendable {
  private enum Storage {
    case memory([UInt8])
    case mapped(MappedFile, offset: Int)
    case unmade(Maker)
  }

  /// Makes bytes.
  private final class Maker: @unchecked Sendable {
    // Sendable: they are made where the tensor is written, on the thread that made this.
    let bytes: () throws -> [UInt8]
    init(_ bytes: @escaping () throws -> [UInt8]) { self.bytes = bytes }
  }

  /// The type of its elements.
  public let elementType: ElementType
  /// Its extent along each axis; empty for a single element.
  public let shape: [Int]
  /// The checksum that its file had for it; nil for bytes that come from elsewhere.
  public private(set) var storedChecksum: String?
  private let storage: Storage

  /// Its number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// The length of its bytes.
  public var byteCount: Int { count * elementType.byteCount }

  /// A tensor of these bytes, copied.
  public init(copying bytes: UnsafeRawBufferPointer, elementType: ElementType, shape: [Int]) {
    self.init(bytes: Array(bytes), elementType: elementType, shape: shape)
  }

  /// A tensor of these bytes.
  public init(bytes: [UInt8], elementType: ElementType, shape: [Int]) {
    self.elementType = elementType
    self.shape = shape
    storage = .memory(bytes)
    precondition(bytes.count == byteCount, "\(bytes.count) bytes for \(elementType) of shape \(shape)")
  }

  /// A tensor whose bytes are made when it is written, and forgotten then; nothing else may ask for them.
  public init(elementType: ElementType, shape: [Int], making bytes: @escaping () throws -> [UInt8]) {
    self.elementType = elementType
    self.shape = shape
    storage = .unmade(Maker(bytes))
  }

  /// The tensor with its bytes, made anew each time where they are still to be made; else itself.
  func made() throws -> TensorView {
    guard case .unmade(let maker) = storage else { return self }
    return TensorView(bytes: try maker.bytes(), elementType: elementType, shape: shape)
  }

  /// A tensor of these numbers, one axis long unless a shape is given.
  public init<Element: DatasetElement>(_ values: [Element], shape: [Int]? = nil) {
    self = values.withUnsafeBytes {
      TensorView(copying: $0, elementType: Element.elementType, shape: shape ?? [values.count])
    }
  }

  /// A tensor that lies in a mapped file.
  public init(mapping file: MappedFile, offset: Int, elementType: ElementType, shape: [Int]) throws {
    self.elementType = elementType
    self.shape = shape
    storage = .mapped(file, offset: offset)
    guard offset >= 0, offset <= file.byteCount, byteCount <= file.byteCount - offset else {
      throw HDF5Error.unreadable(
        path: file.path, reason: "data end at byte \(offset)+\(byteCount), the file at \(file.byteCount)")
    }
  }

  /// Lends its bytes for the time of the call.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    switch storage {
    case .memory(let bytes): return try bytes.withUnsafeBytes(body)
    case .mapped(let file, let offset):
      return try file.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + byteCount])) }
    case .unmade: preconditionFailure("the bytes of a tensor of shape \(shape) are still to be made")
    }
  }

  /// Lets go of the pages of a mapped file that have been read: they count as this process's memory until then. What is
  /// read again is mapped again. Nothing for bytes in memory.
  public func releasePages(_ range: Range<Int>? = nil) {
    guard case .mapped(let file, let offset) = storage else { return }
    let bytes = range ?? 0..<byteCount
    file.releasePages(offset + bytes.lowerBound..<offset + bytes.upperBound)
  }

  /// Its elements as numbers of the same type.
  public func array<Element: DatasetElement>(of type: Element.Type = Element.self) -> [Element] {
    precondition(Element.elementType == elementType, "\(elementType) read as \(Element.elementType)")
    return withUnsafeBytes { Array($0.assumingMemoryBound(to: Element.self)) }
  }

  /// Its checksum, computed from the bytes: XXH3, 64 bits, 16 hexadecimal digits.
  public var checksum: String { withUnsafeBytes(Checksum.xxh3) }

  /// Whether type, shape and every byte are equal.
  public func isIdentical(to other: TensorView) -> Bool {
    guard elementType == other.elementType, shape == other.shape else { return false }
    if case .mapped(let file, let offset) = storage, case .mapped(let otherFile, let otherOffset) = other.storage,
      file === otherFile, offset == otherOffset
    {
      return true
    }
    return withUnsafeBytes { bytes in
      other.withUnsafeBytes { otherBytes in
        guard let left = bytes.baseAddress, let right = otherBytes.baseAddress else { return true }
        return memcmp(left, right, bytes.count) == 0
      }
    }
  }

  /// What two tensors have in common that are one: tied weights. Empty tensors are no one's.
  public var identity: Identity? {
    if case .unmade(let maker) = storage {
      let address = UInt(bitPattern: Unmanaged.passUnretained(maker).toOpaque())
      return Identity(address: address, elementType: elementType, shape: shape)
    }
    return withUnsafeBytes { bytes in
      guard let address = bytes.baseAddress, !bytes.isEmpty else { return nil }
      return Identity(address: UInt(bitPattern: address), elementType: elementType, shape: shape)
    }
  }

  /// The bytes themselves, seen in one way. Holds as long as one of the tensors that have it does.
  public struct Identity: Hashable, Sendable {
    fileprivate let address: UInt
    fileprivate let elementType: ElementType
    fileprivate let shape: [Int]
  }

  /// Complex numbers as their real and imaginary parts along a last axis of two; any other tensor as it is.
  public var realParts: TensorView {
    switch elementType {
    case .complex64: TensorView(storage, elementType: .float32, shape: shape + [2])
    case .complex128: TensorView(storage, elementType: .float64, shape: shape + [2])
    default: self
    }
  }

  private init(_ storage: Storage, elementType: ElementType, shape: [Int]) {
    self.storage = storage
    self.elementType = elementType
    self.shape = shape
  }

  func withStoredChecksum(_ checksum: String?) -> TensorView {
    var result = self
    result.storedChecksum = checksum
    return result
  }
}

extension TensorView: Equatable {
  public static func == (left: TensorView, right: TensorView) -> Bool { left.isIdentical(to: right) }
}

extension MappedFile {
  /// Whether it begins as an HDF5 file does.
  var isHDF5: Bool { withUnsafeBytes { $0.starts(with: [0x89, 0x48, 0x44, 0x46]) } }
}

extension Checksum {
  /// The attribute that a dataset's checksum is stored in.
  public static let attributeName = "xxh3"
}
