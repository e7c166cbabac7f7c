import Foundation
import Testing

@testable import Torch

/// Folders as a virtual environment, a checkout and a prefix have them, with files that are no libraries.
@Suite final class LibraryPlacesTests {
  private let root = FileManager.default.temporaryDirectory.appendingPathComponent("lethe-places-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: root) }

  @discardableResult
  private func file(_ path: String) throws -> String {
    let url = root.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("no library".utf8).write(to: url)
    return url.path
  }

  private func places(at folder: String, _ environment: [String: String] = [:], chosen: String? = nil) -> LibraryPlaces
  {
    LibraryPlaces(executable: root.appendingPathComponent(folder), environment: environment, chosen: chosen)
  }

  private func present(_ places: [LibraryPlaces.Place]) -> [String] {
    places.flatMap(\.files).filter { FileManager.default.fileExists(atPath: $0) }
  }

  @Test func torchIsThatOfTheCommandsOwnEnvironmentBeforeThatOfAnActiveOne() throws {
    let own = try file("own/lib/python3.12/site-packages/torch/lib/libtorch.so")
    let active = try file("active/lib/python3.11/site-packages/torch/lib/libtorch.so")
    let conda = try file("conda/lib/python3.13/site-packages/torch/lib/libtorch.so")
    let environment = ["VIRTUAL_ENV": "\(root.path)/active", "CONDA_PREFIX": "\(root.path)/conda"]
    #expect(present(places(at: "own/bin", environment).torch) == [own, active, conda])
    #expect(places(at: "own/bin", environment).torch.last?.files == ["libtorch.so"], "the loader's path comes last")
  }

  @Test func aCheckoutsTorchIsFoundFromEveryFolderWithinIt() throws {
    let torch = try file("checkout/.libtorch/torch/lib/libtorch.so")
    #expect(present(places(at: "checkout/.build/debug").torch) == [torch])
    #expect(present(places(at: "elsewhere").torch) == [])
  }

  @Test func debiansPackagesAPrefixAndATargetFolderAreLookedAt() throws {
    let debian = try file("usr/lib/python3.11/dist-packages/torch/lib/libtorch.so")
    #expect(present(places(at: "usr/bin").torch) == [debian])
    let installed = try file("prefix/lib/lethe/torch/lib/libtorch.so")
    #expect(present(places(at: "prefix/bin").torch) == [installed])
    let target = try file("target/torch/lib/libtorch.so")
    #expect(present(places(at: "target/bin").torch) == [target])
  }

  @Test func aChosenLibtorchIsTheOnlyOne() throws {
    try file("own/lib/python3.12/site-packages/torch/lib/libtorch.so")
    let chosen = try file("chosen/lib/libtorch.so")
    let byUser = places(at: "own/bin", ["LIBTORCH": "\(root.path)/chosen"]).torch
    #expect(byUser == [.init(name: "LIBTORCH=\(root.path)/chosen", files: [chosen])])
    #expect(present(places(at: "own/bin", chosen: "\(root.path)/chosen").torch).first == chosen)
  }

  @Test func theBindingOfTheVersionComesBeforeOneThatDoesNotSay() throws {
    let named = try file("own/lib/python3.12/site-packages/lethe/lib/libCTorch-2.13.so")
    try file("own/lib/python3.12/site-packages/lethe/lib/libCTorch-2.9.so")
    let plain = try file("own/bin/libCTorch.so")
    let places = places(at: "own/bin")
    #expect(present(places.bindings(for: LibraryVersion("2.13.1"))) == [plain, named])
    #expect(present(places.bindings(for: LibraryVersion("2.14.0"))) == [plain])
    #expect(places.boundReleases == ["2.9", "2.13"])
    let override = try file("mine.so")
    let chosen = self.places(at: "own/bin", ["LETHE_CTORCH": override])
    #expect(present(chosen.bindings(for: nil)).first == override)
  }

  @Test func aWheelIsToldByItsBindings() throws {
    #expect(places(at: "own/bin").installation == .checkout)
    try file("own/lib/python3.12/site-packages/lethe/lib/libCTorch-2.13.so")
    #expect(places(at: "own/bin").installation == .wheel)
  }

  @Test func allPlacesAreNamedWhereNoneHasALibrary() throws {
    try file("own/lib/python3.12/site-packages/numpy/__init__.py")
    let places = places(at: "own/bin", ["CONDA_PREFIX": "/no/conda"]).torch.filter { $0.name != "the loader's path" }
    let failure = #expect(throws: OpenedLibrary.Failure.self) {
      try OpenedLibrary(firstOf: places, isGlobal: false)
    }
    let root = root.path
    #expect(
      failure?.description
        == "none was found; looked at LIBTORCH (not set), .libtorch/torch in \(root)/own/bin and the folders above it, "
        + "\(root)/own/lib/lethe/torch, \(root)/own/lib/python3.12/site-packages, VIRTUAL_ENV (not set), "
        + "CONDA_PREFIX=/no/conda")
  }

  @Test func theTrueReasonIsSaidOfEachFileThatCannotBeOpened() throws {
    let first = try file("first/lib/python3.12/site-packages/torch/lib/libtorch.so")
    let second = try file("second/lib/python3.12/site-packages/torch/lib/libtorch.so")
    let environment = ["VIRTUAL_ENV": "\(root.path)/second"]
    let places = places(at: "first/bin", environment).torch.filter { $0.name != "the loader's path" }
    let failure = #expect(throws: OpenedLibrary.Failure.self) {
      try OpenedLibrary(firstOf: places, isGlobal: false)
    }
    // The loader's own words, of a file of ten bytes.
    #expect(failure?.reasons == [first, second].map { "\($0): file too short" })
    #expect(failure?.description.contains("; looked at LIBTORCH (not set), ") == true)
  }

  @Test func aNameThatTheLoaderDoesNotFindIsNoFaultOfAFile() {
    let places = [LibraryPlaces.Place(name: "the loader's path", files: ["liblethe-none.so"])]
    let failure = #expect(throws: OpenedLibrary.Failure.self) {
      try OpenedLibrary(firstOf: places, isGlobal: false)
    }
    #expect(failure?.description == "none was found; looked at the loader's path")
  }
}
