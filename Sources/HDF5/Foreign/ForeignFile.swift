import Files
import Foundation
import Synchronization

/// A foreign file, open: what is in it, as its reader has said and this process has checked, and its bytes, mapped.
final class ForeignFile: Sendable {
  /// The path it was opened by.
  let path: String
  let contents: ForeignContents
  /// No other open file has it, libhdf5's own numbers go upwards from 0.
  let number: UInt
  // By their bytes: to HDF5 one letter in two forms is two names.
  private let members: [[[UInt8]: ForeignContents.Target]]
  private let mapping: MappedFile
  private let reader: ReaderProcess
  private static let numbers = Mutex<UInt>(.max)

  /// The object that holds everything.
  var root: ForeignObject { ForeignObject(file: self, index: 0) }

  /// - Parameter descriptor: the file, open for reading; stays the caller's.
  /// - Throws: ``HDF5Error``, `FileError`.
  init(_ path: String, descriptor: Int32, executable: String, patience: TimeInterval = ReaderProcess.patience) throws {
    self.path = path
    mapping = try MappedFile(descriptor: descriptor, path: path)
    reader = try ReaderProcess(executable, descriptor: descriptor, path: path, patience: patience)
    contents = try reader.contents()
    do { try contents.check(byteCount: mapping.byteCount) } catch let error as ForeignContents.Impossible {
      throw HDF5Error.unreadable(
        path: path, reason: "the process that reads it gave an answer that cannot be: \(error.reason)")
    }
    members = contents.objects.map { object in
      guard case .value(let members)? = object.members else { return [:] }
      return Dictionary(members.map { (Array($0.name.utf8), $0.target) }) { first, _ in first }
    }
    number = Self.numbers.withLock {
      $0 -= 1
      return $0
    }
  }

  /// Ends the process that reads it; what was said stays, and what is mapped.
  func close() { reader.end() }

  /// What the process that reads it can still do; for tests.
  func remainingRights() throws -> [String] { try reader.ask(.confinement) }

  /// The number of the process that reads it.
  var process: pid_t { reader.process }

  /// A member of a group; nil where there is none of this name.
  ///
  /// - Throws: ``HDF5Error`` for a damaged group, which does not know.
  func target(_ name: String, of index: Int) throws -> ForeignContents.Target? {
    _ = try contents.objects[index].members?.get()
    return members[index][Array(name.utf8)]
  }

  /// Some of its bytes, copied.
  func copy(_ offset: Int, into destination: UnsafeMutableRawBufferPointer) {
    mapping.withUnsafeBytes { bytes in
      destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + destination.count]))
    }
  }

  /// Numbers that do not lie in the file as they are wanted.
  func convert(
    _ dataset: Int, to type: ElementType, rows: Range<Int>?, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    try reader.ask(.bytes(dataset: dataset, type: type, rows: rows), into: destination)
  }

  func strings(_ dataset: Int) throws -> [String] { try reader.ask(.strings(dataset: dataset)) }
}

/// A group or a dataset of a foreign file.
struct ForeignObject: Sendable {
  let file: ForeignFile
  let index: Int

  var description: ForeignContents.Object { file.contents.objects[index] }

  /// The number that names it in the file, and the file's own.
  var identity: Group.Identity { Group.Identity(file: file.number, address: UInt64(index)) }

  func attribute(_ name: String) throws -> ForeignContents.Value? {
    try description.attributes.get().first { $0.name == name }?.value.get()
  }
}

/// Where what is known of an object comes from.
enum ObjectSource: Sendable {
  case library(Handle)
  case foreign(ForeignObject)

  /// The object in libhdf5, to be written to.
  ///
  /// - Throws: ``HDF5Error/failed(operation:object:reason:)`` for an object of a foreign file.
  func handle(_ object: String) throws -> Handle {
    guard case .library(let handle) = self else {
      throw HDF5Error.failed(operation: "change it", object: object, reason: "it was opened to be read")
    }
    return handle
  }
}
