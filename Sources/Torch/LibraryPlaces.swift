import CTorchInterface
import Foundation

/// The places where libtorch, and the library that binds it, are looked for.
struct LibraryPlaces {
  /// One place, as an error names it, and the files to try there in their order.
  struct Place: Equatable {
    let name: String
    let files: [String]
  }

  /// The folder of the running command.
  let executable: URL
  let environment: [String: String]
  /// The libtorch that the build was told to take, a folder.
  let chosen: String?

  static var present: LibraryPlaces {
    LibraryPlaces(
      executable: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent(),
      environment: ProcessInfo.processInfo.environment, chosen: lethe_chosen_libtorch().map { String(cString: $0) })
  }

  /// Where libtorch may be. `LIBTORCH` is the only place where it is set: who chooses one means no other.
  var torch: [Place] {
    if let folder = environment["LIBTORCH"], !folder.isEmpty {
      return [Place(name: "LIBTORCH=\(folder)", files: ["\(folder)/lib/libtorch.so"])]
    }
    var places = [Place(name: "LIBTORCH (not set)", files: [])]
    if let chosen { places.append(Place(name: chosen, files: ["\(chosen)/lib/libtorch.so"])) }
    places.append(
      Place(
        name: ".libtorch/torch in \(executable.path) and the folders above it",
        files: foldersAbove.map { $0.appendingPathComponent(".libtorch/torch/lib/libtorch.so").path }))
    places.append(Place(name: "\(prefix)/lib/lethe/torch", files: ["\(prefix)/lib/lethe/torch/lib/libtorch.so"]))
    places.append(torch(of: prefix, named: nil))
    for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
      guard let folder = environment[variable], !folder.isEmpty else {
        places.append(Place(name: "\(variable) (not set)", files: []))
        continue
      }
      places.append(torch(of: folder, named: variable))
    }
    places.append(Place(name: "the loader's path", files: ["libtorch.so"]))
    return places
  }

  /// Where the library that binds a libtorch may be: in each folder the one for its version first.
  func bindings(for version: LibraryVersion?) -> [Place] {
    var places: [Place] = []
    if let path = environment["LETHE_CTORCH"] { places.append(Place(name: "LETHE_CTORCH=\(path)", files: [path])) }
    let names = (version.map { ["libCTorch-\($0.release).so"] } ?? []) + ["libCTorch.so"]
    places += bindingFolders.map { folder in Place(name: folder, files: names.map { "\(folder)/\($0)" }) }
    return places + [Place(name: "the loader's path", files: names)]
  }

  /// The versions of libtorch that there is a library for, as `2.13`, the oldest first.
  var boundReleases: [String] {
    let names = bindingFolders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
    let releases = names.compactMap { name in
      name.wholeMatch(of: /libCTorch-(\d+\.\d+)\.so/).map { String($0.1) }
    }
    return Set(releases).sorted { $0.compare($1, options: .numeric) == .orderedAscending }
  }

  /// A wheel's command has the libraries in the packages of the Python that it was installed for.
  var installation: Library.Installation {
    packageFolders(of: prefix).contains { FileManager.default.fileExists(atPath: "\($0)/lethe/lib") }
      ? .wheel : .checkout
  }

  private var prefix: String { executable.deletingLastPathComponent().path }

  private var foldersAbove: [URL] {
    var folders: [URL] = []
    var folder = executable
    while folder.path != "/" {
      folders.append(folder)
      folder.deleteLastPathComponent()
    }
    return folders
  }

  private var bindingFolders: [String] {
    [executable.path, "\(prefix)/lib", "\(prefix)/lib/lethe"] + packageFolders(of: prefix).map { "\($0)/lethe/lib" }
  }

  private func torch(of prefix: String, named variable: String?) -> Place {
    let folders = packageFolders(of: prefix)
    let place =
      folders.count > 1 ? folders.dropLast().joined(separator: " and ") : "\(prefix)/lib/python3*/site-packages"
    return Place(
      name: variable.map { "\($0)=\(prefix)" } ?? place, files: folders.map { "\($0)/torch/lib/libtorch.so" })
  }

  /// The folders of packages of the Python at a prefix, Debian's own among them; last the prefix, where `pip install
  /// -t` puts packages and commands.
  private func packageFolders(of prefix: String) -> [String] {
    let versions = ((try? FileManager.default.contentsOfDirectory(atPath: "\(prefix)/lib")) ?? [])
      .filter { $0.hasPrefix("python3") }.sorted()
    return versions.flatMap { version in
      ["site-packages", "dist-packages"].map { "\(prefix)/lib/\(version)/\($0)" }
        .filter { FileManager.default.fileExists(atPath: $0) }
    } + [prefix]
  }
}
