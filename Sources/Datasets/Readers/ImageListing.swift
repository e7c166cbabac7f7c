import Foundation

/// Files of images, wherever they lie.
public enum ImageListing {
  /// Those of other formats are images that cannot be read, rather than no images.
  static let extensions: Set<String> = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "ppm"]

  /// Whether a file's name says that it is an image.
  static func isImage(_ name: String) -> Bool { extensions.contains((name as NSString).pathExtension.lowercased()) }

  /// What is in a folder, sorted; hidden files left out.
  static func entries(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
  }

  /// The files that some paths lead to: a file, whatever its name, or all images in a folder and the folders in it, in the
  /// order of their names.
  ///
  /// - Throws: ``DatasetError/noImage(file:)`` for a path that leads nowhere, ``DatasetError/malformed(file:reason:)`` for
  ///   a folder without images.
  public static func files(at paths: [String]) throws -> [String] {
    try paths.flatMap { path -> [String] in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw DatasetError.noImage(file: path)
      }
      guard isFolder.boolValue else { return [path] }
      let found = below(path)
      guard !found.isEmpty else {
        throw DatasetError.malformed(file: path, reason: "no JPEG or PNG files in this folder")
      }
      return found
    }
  }

  private static func below(_ folder: String) -> [String] {
    let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    return entries(folder).flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      if isFolder.boolValue { return isLink(path) ? [] : below(path) }
      return isImage(name) ? [path] : []
    }
  }

  /// A link to a folder may lead back to where it stands.
  private static func isLink(_ path: String) -> Bool {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
  }
}

extension Split {
  /// Images from files without known classes, decoded when they are needed; every label is 0.
  ///
  /// - Parameters:
  ///   - paths: of files.
  ///   - skipsUnreadable: whether those that cannot be read are left out; else they are thrown when they are asked for.
  /// - Returns: the images, the paths of those that are in them, and why others are not.
  public static func images(
    _ paths: [String], prepared preparation: ImagePreparation, skipsUnreadable: Bool = false
  ) -> (split: Split, files: [String], skipped: [String]) {
    let files = paths.map { ImageFile(path: $0, name: $0, label: 0) }
    let images = ImageFiles(files, preparation: preparation)
    let all = Split(inputs: [InputArray(decoding: images)], labels: files.map(\.label))
    guard skipsUnreadable else { return (all, paths, []) }
    let failures = images.check()
    let kept = files.indices.filter { failures[$0] == nil }
    return (all.selecting(kept), kept.map { paths[$0] }, failures.compactMap { $0.map { "\($0)" } })
  }
}
