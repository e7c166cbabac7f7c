import Foundation

/// A shared library that was opened, and from which file.
struct OpenedLibrary {
  let handle: UnsafeMutableRawPointer
  let file: String

  /// Why none of the places has a library that can be opened.
  struct Failure: Error, Equatable {
    /// What is wrong with each file that is there.
    let reasons: [String]
    /// The names of all places.
    let places: [String]

    var description: String {
      let looked = "looked at \(places.joined(separator: ", "))"
      return reasons.isEmpty ? "none was found; \(looked)" : "\(reasons.joined(separator: "; ")); \(looked)"
    }
  }

  /// The first library that is there and can be opened.
  ///
  /// - Parameters:
  ///   - isGlobal: whether libraries that are opened later find its functions.
  ///   - isLazy: whether functions that it lacks may be missed at their call.
  /// - Throws: ``Failure``.
  init(
    firstOf places: [LibraryPlaces.Place], isGlobal: Bool, isLazy: Bool = false
  ) throws(Failure) {
    var reasons: [String] = []
    for file in places.flatMap(\.files) {
      let isPath = file.contains("/")
      if isPath, !FileManager.default.fileExists(atPath: file) { continue }
      if let handle = dlopen(file, (isLazy ? RTLD_LAZY : RTLD_NOW) | (isGlobal ? RTLD_GLOBAL : RTLD_LOCAL)) {
        (self.handle, self.file) = (handle, file)
        return
      }
      let reason = dlerror().map { String(cString: $0) } ?? "cannot be opened"
      // Of a name alone the loader says so where it finds no such file, which is no fault of one.
      if !isPath, reason.hasPrefix("\(file): cannot open shared object file") { continue }
      reasons.append(reason.hasPrefix(file) ? reason : "\(file): \(reason)")
    }
    throw Failure(reasons: reasons, places: places.map(\.name))
  }
}
