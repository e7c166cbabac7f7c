import Foundation
import TestSupport
import Testing

/// What a process grows by where large tensors come and go, and small ones stay.
@Suite struct KeptMemoryTests {
  private static let measured = """
    import os, resource, subprocess, sys

    import h5py, numpy as np

    lethe, folder = sys.argv[1:3]
    os.chdir(folder)
    random = np.random.default_rng(0)
    for name, count in [("few", 1024), ("many", 8192)]:
        with h5py.File(f"{name}.h5", "w") as file:
            for part, rows in [("train", 10000), ("test", count)]:
                file[f"{part}/inputs/x"] = random.normal(size=(rows, 1, 2, 2)).astype(np.float32)
                file[f"{part}/labels"] = np.arange(rows) % 10000
    subprocess.run([lethe, "new", "mlp", "--input", "1x2x2", "--hidden", "4", "--classes", "10000", "-o", "base.h5"], check=True, stdout=subprocess.DEVNULL)
    for name in ["few", "many"]:
        subprocess.run([lethe, "evaluate", "base.h5", "--data", f"{name}.h5", "--threads", "1", "--json"], check=True, stdout=subprocess.DEVNULL)
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
    """

  /// Of each batch of 512 answers among 10,000 classes tables of 39 MiB come and go, and a loss stays. Where the loss was
  /// put into the place of a table, each batch needed a new place: 14 batches more were 400 MiB more.
  @Test(.enabled(if: Python.path != nil)) func evaluationNeedsNoMoreMemoryForMoreExamples() throws {
    let folder = try TemporaryFolder()
    let sizes = try Python.run(Self.measured, Command.executable.path, folder.path)
      .split(separator: "\n").map { try #require(Int($0)) }
    try #require(sizes.count == 2)
    #expect(sizes[1] - sizes[0] < 120, "\(sizes) MiB")
  }
}
