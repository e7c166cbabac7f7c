extension ForeignContents {
  /// An answer that no reader gives: it was taken over by the file.
  struct Impossible: Error, Equatable { let reason: String }

  /// The longest text of an error that is believed.
  private static let longestReason = 4096
  /// What deflate makes of a byte at most, as ``Dataset/checkStorage()`` has it.
  private static let greatestRatio = 1100
  private static let harmless = 16 << 20

  /// Checks everything that is used of it: the process that made it has read a file that may have taken it over.
  ///
  /// - Parameter byteCount: the length of the file.
  /// - Throws: ``Impossible``.
  func check(byteCount: Int) throws {
    guard objects.first?.kind == .group else { throw Impossible(reason: "its root is no group") }
    for object in objects {
      try Self.checkReason(of: object.attributes)
      for attribute in (try? object.attributes.get()) ?? [] { try Self.checkReason(of: attribute.value) }
      guard (object.kind == .group) == (object.members != nil), (object.kind == .dataset) == (object.data != nil) else {
        throw Impossible(reason: "a \(object.kind.rawValue) that is none")
      }
      if let members = object.members {
        try Self.checkReason(of: members)
        for member in (try? members.get()) ?? [] { try check(member) }
      }
      if let data = object.data {
        try Self.checkReason(of: data)
        if case .value(let data) = data { try Self.check(data, byteCount: byteCount) }
      }
    }
  }

  private func check(_ member: Member) throws {
    guard !member.name.isEmpty, !member.name.utf8.contains(UInt8(ascii: "/")) else {
      throw Impossible(reason: "a name with a slash, or none")
    }
    switch member.target {
    case .object(let index):
      guard objects.indices.contains(index) else { throw Impossible(reason: "object \(index) of \(objects.count)") }
    case .broken(let reason):
      guard reason.utf8.count <= Self.longestReason else { throw Impossible(reason: "a reason without end") }
    case .file: break
    }
  }

  private static func check(_ data: Data, byteCount: Int) throws {
    // Bytes of numbers at most eight long; twice that stays below Int.max, as `Dataset.shape` has it.
    var count = 1
    for extent in data.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow, product <= Int.max / 16 else { throw Impossible(reason: "the shape \(data.shape)") }
      count = product
    }
    let declared = count * (data.elementType?.byteCount ?? 1)
    let (most, overflow) = max(byteCount, 1).multipliedReportingOverflow(by: greatestRatio)
    guard overflow || declared <= max(most, harmless) else {
      throw Impossible(reason: "\(declared) bytes of data, of a file of \(byteCount)")
    }
    guard let offset = data.offset else { return }
    guard data.elementType != nil, data.isExact, offset >= 0, offset <= byteCount, declared <= byteCount - offset else {
      throw Impossible(reason: "data at byte \(offset), \(declared) long, of a file of \(byteCount)")
    }
  }

  private static func checkReason<Value>(of outcome: Outcome<Value>) throws {
    guard case .failure(let error) = outcome else { return }
    try checkReason(of: error)
  }

  static func checkReason(of error: HDF5Error) throws {
    guard error.description.utf8.count <= longestReason else { throw Impossible(reason: "a reason without end") }
  }
}
