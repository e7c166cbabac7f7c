import CHDF5

extension Dataset {
  /// Deflate makes at most 1,032 bytes of one.
  private static let greatestRatio = 1100
  /// Up to this many bytes nothing is asked.
  private static let harmless = 16 << 20

  /// Checks that the bytes are in the file, and that there are about as many as it says.
  ///
  /// - Throws: ``HDF5Error/refused(name:file:reason:)``.
  func checkStorage() throws {
    let handle = try source.handle(label)
    let list = try Handle(checking: H5Dget_create_plist(handle.id), H5Pclose, "read the layout", label)
    let layout = H5Pget_layout(list.id)
    guard layout != H5D_VIRTUAL else { throw refusal("a virtual dataset, whose numbers lie in other files") }
    guard H5Pget_external_count(list.id) == 0 else { throw refusal("its numbers lie outside of the file") }
    let type = try Handle(checking: H5Dget_type(handle.id), H5Tclose, "read the type", label)
    let elementSize = H5Tget_size(type.id)
    let stored = UInt64(H5Dget_storage_size(handle.id))
    try compare(try shape.map { UInt64($0) }, elementSize, stored)
    if layout == H5D_CHUNKED {
      var extents = [hsize_t](repeating: 0, count: 32)
      let rank = try check(H5Pget_chunk(list.id, Int32(extents.count), &extents), "read the layout", label)
      try compare(extents[..<Int(rank)].map { UInt64($0) }, elementSize, stored)
    }
  }

  /// Rows of a chunk; 1 where they lie in the file one after the other.
  func chunkRowCount() throws -> Int {
    try withLibrary {
      let list = try Handle(checking: H5Dget_create_plist(source.handle(label).id), H5Pclose, "read the layout", label)
      guard H5Pget_layout(list.id) == H5D_CHUNKED else { return 1 }
      var extents = [hsize_t](repeating: 0, count: 32)
      try check(H5Pget_chunk(list.id, Int32(extents.count), &extents), "read the layout", label)
      return max(1, Int(clamping: extents[0]))
    }
  }

  private func compare(_ extents: [UInt64], _ elementSize: Int, _ stored: UInt64) throws {
    var declared = UInt64(elementSize)
    for extent in extents {
      let (product, overflow) = declared.multipliedReportingOverflow(by: extent)
      declared = overflow ? .max : product
    }
    let (largest, overflow) = max(stored, 1).multipliedReportingOverflow(by: UInt64(Self.greatestRatio))
    guard declared <= UInt64(Self.harmless) || overflow || declared <= largest else {
      throw refusal("it claims \(declared) bytes, of which \(stored) are stored")
    }
  }

  private func refusal(_ reason: String) -> HDF5Error { .refused(name: path, file: file.path, reason: reason) }
}
