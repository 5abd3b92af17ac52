"""Data sets: what is bundled says what it is, and a folder that cannot be used says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import otmodels as om
from otmodels.datasets import Dataset, Units, read_dataset, read_files
from otmodels.errors import (
    FileFormatError,
    InputError,
    LabelMismatchError,
    NegativeMassError,
    NotANumberError,
    ParameterError,
    ShapeError,
    UnbalancedError,
    UnknownNameError,
    ZeroMassError,
)
from otmodels.images import read_image
from otmodels.measure import Measure, read_measure
from otmodels.network.graph import GraphCost

DATA = Path(__file__).parents[1] / "data"
BUNDLED = ["canning", "digits", "earth_moving", "pictures", "roads", "world_population"]


def raw(name: str) -> tuple[Measure, Measure]:
    """Source and target as they stand in the files, before any balancing."""
    return read_measure(DATA / name / "source.csv"), read_measure(DATA / name / "target.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stone from two quarries to two sites along a road."""
    (tmp_path / "source.csv").write_text("label,mass,x,y\nnorth,3,0,0\nsouth,1,3,4\n")
    (tmp_path / "target.csv").write_text("label,mass,x,y\nbridge,2,0,0\nmill,2,3,4\n")
    (tmp_path / "cost.csv").write_text("quarry,mill,bridge\nsouth,1,2\nnorth,3,4\n")
    (tmp_path / "problem.toml").write_text('title = "Stone"\n')
    return tmp_path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Light in two pictures of 1 x 3 pixels."""
    for name, levels in (("source", [0, 200, 100]), ("target", [100, 0, 200])):
        Image.fromarray(np.array([levels], dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "problem.toml").write_text('title = "Light"\n')
    return tmp_path


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    """Stone from two quarries to two sites, none with coordinates of its own, along the roads of three villages and a mill."""
    (tmp_path / "source.csv").write_text("label,mass\nnorth,3\nsouth,1\n")
    (tmp_path / "target.csv").write_text("label,mass\nbridge,2\nmill,2\n")
    (tmp_path / "edges.csv").write_text("from,to,length\nnorth,bridge,2\nbridge,south,3\nsouth,mill,4\nnorth,mill,20\n")
    (tmp_path / "places.csv").write_text("label,east,up\nnorth,0,2\nbridge,0,0\nsouth,3,0\nmill,7,0\n")
    (tmp_path / "problem.toml").write_text('title = "Stone"\n[cost]\ngraph = "edges.csv"\nplaces = "places.csv"\n')
    return tmp_path


def state(folder: Path, text: str) -> None:
    """Write the title and then the given lines into problem.toml."""
    (folder / "problem.toml").write_text(f'title = "Stone"\n{text}\n')


def refusal(folder: Path, kind: type[InputError]) -> InputError:
    """The error of exactly this kind that reading the folder raises; its message ends in a remedy."""
    with pytest.raises(kind) as caught:
        read_dataset(folder)
    assert type(caught.value) is kind
    assert caught.value.remedy
    return caught.value


class TestBundled:
    def test_every_folder_of_data_is_listed_here(self) -> None:
        folders = {path.name for path in DATA.iterdir() if path.is_dir()}
        assert sorted(folders - {"benchmarks"}) == BUNDLED, "data/benchmarks holds tables of measurements"

    @pytest.mark.parametrize("name", BUNDLED)
    def test_says_what_it_is_where_it_is_from_and_in_which_units(self, name: str) -> None:
        dataset = read_dataset(DATA / name)
        assert dataset.name == name
        assert all([dataset.title, dataset.description, dataset.source, dataset.licence])
        assert all([dataset.units.mass, dataset.units.cost, dataset.units.value, dataset.mass_unit])
        assert "\n" not in dataset.title + dataset.description + dataset.source + dataset.licence

    @pytest.mark.parametrize("name", BUNDLED)
    def test_is_balanced_and_its_labels_are_words(self, name: str) -> None:
        problem = read_dataset(DATA / name).problem
        assert problem.source.total == pytest.approx(problem.target.total, rel=1e-15)
        assert all(isinstance(label, str) for label in [*problem.source.labels, *problem.target.labels])

    def test_earth_moving_has_77_barrows_for_71_places_in_a_line(self) -> None:
        source, target = raw("earth_moving")
        assert source.mass.tolist() == [12, 7, 4, 1, 19, 14, 9, 6, 3, 2]
        assert target.mass.tolist() == [1, 5, 11, 17, 13, 9, 6, 4, 3, 2]
        assert (source.total, target.total) == (77, 71)
        dataset = read_dataset(DATA / "earth_moving")
        assert dataset.mass_unit == "share of the total"
        assert len(dataset.problem.adjustments) == 2
        assert np.array_equal(dataset.problem.cost.values, np.abs(np.subtract.outer(np.arange(10), np.arange(10))))

    def test_canning_ships_900_cases_and_leaves_50_unused_for_free(self) -> None:
        dataset = read_dataset(DATA / "canning")
        source, target = dataset.problem.source, dataset.problem.target
        assert dict(zip(source.labels, source.mass, strict=True)) == {"Seattle": 350, "San Diego": 600}
        demand = {"New York": 325, "Chicago": 300, "Topeka": 275, "unused": 50}
        assert dict(zip(target.labels, target.mass, strict=True)) == demand
        miles = np.array([[2.5, 1.7, 1.8, 0], [2.5, 1.8, 1.4, 0]])
        np.testing.assert_allclose(dataset.problem.cost.values, 90 * miles / 1000, rtol=1e-15)
        assert dataset.units == Units("cases", "", "thousand dollars per case", "thousand dollars")
        assert dataset.mass_unit == "cases"
        assert dataset.problem.adjustments == ()

    def test_digits_are_8_by_8_images_with_one_atom_a_pixel(self) -> None:
        three, eight = raw("digits")
        assert (three.size, eight.size) == (64, 64)
        assert (three.total, eight.total) == (321, 357)
        assert three.mass.min() == eight.mass.min() == 0
        assert max(three.mass.max(), eight.mass.max()) <= 16
        dataset = read_dataset(DATA / "digits")
        assert dataset.coordinates == ("row", "column")
        assert list(dataset.problem.source.labels)[9] == "(1, 1)"
        corner_to_corner = dataset.problem.cost.values[0, -1]
        assert corner_to_corner == 14

    def test_world_population_is_people_in_92_countries_on_the_globe(self) -> None:
        source, target = raw("world_population")
        assert source.size == target.size == 92
        assert (source.total, target.total) == (2_869_257_680, 7_597_895_295)
        assert source.labels.equals(target.labels)
        assert source.points is not None
        assert target.points is not None
        assert np.array_equal(source.points, target.points)
        assert target.mass.min() > 10_000_000

    def test_pictures_are_128_by_128_pixels_of_whole_grey_levels(self) -> None:
        pavilion, dahlia = (read_image(DATA / "pictures" / f"{name}.png") for name in ("source", "target"))
        assert pavilion.size == dahlia.size == 128 * 128
        assert (pavilion.total, dahlia.total) == (2_373_712, 1_255_461)
        assert pavilion.rounding == dahlia.rounding == 0
        dataset = read_dataset(DATA / "pictures")
        assert dataset.coordinates == ("row", "column")
        assert dataset.problem.cost.description == "cityblock"
        corner_to_corner = dataset.problem.cost.at(np.array([0]), np.array([128 * 128 - 1]))
        assert corner_to_corner.tolist() == [254]

    def test_pictures_name_their_photographers_and_the_licence_that_asks_for_it(self) -> None:
        dataset = read_dataset(DATA / "pictures")
        assert all(name in dataset.source for name in ("danielbuechele", "vultilion"))
        assert "https://creativecommons.org/licenses/by/2.0/" in dataset.licence
        assert "changed" in dataset.licence

    def test_roads_carry_40_lorries_over_the_map_of_20_towns(self) -> None:
        dataset = read_dataset(DATA / "roads")
        cost = dataset.problem.cost
        assert isinstance(cost, GraphCost)
        assert (cost.graph.size, cost.graph.arcs.count) == (20, 46)
        assert dataset.problem.source.total == dataset.problem.target.total == 40
        assert dataset.problem.adjustments == ()
        costs = dict(zip(dataset.problem.target.labels, cost.values[0], strict=True))
        assert dataset.problem.source.labels[0] == "Arad"
        by_sibiu_and_pitesti = 140 + 80 + 97 + 101
        assert costs["Bucharest"] == by_sibiu_and_pitesti == 418
        assert costs["Oradea"] == 75 + 71
        assert "made up" in dataset.description

    def test_roads_have_their_towns_in_romania(self) -> None:
        dataset = read_dataset(DATA / "roads")
        cost = dataset.problem.cost
        assert isinstance(cost, GraphCost)
        assert dataset.coordinates == ("longitude", "latitude")
        points = cost.graph.points
        assert points is not None
        assert (points.min(axis=0) > (20.2, 43.6)).all()
        assert (points.max(axis=0) < (29.8, 48.3)).all()
        place = dict(zip(cost.graph.labels, points.tolist(), strict=True))
        assert place["Zerind"][1] > place["Arad"][1] > place["Timisoara"][1] > place["Mehadia"][1]
        assert place["Eforie"][0] > place["Hirsova"][0] > place["Urziceni"][0] > place["Bucharest"][0]

    def test_world_population_measures_great_circles_in_kilometres(self) -> None:
        dataset = read_dataset(DATA / "world_population")
        assert dataset.coordinates == ("longitude", "latitude")
        assert dataset.units.cost == "km"
        place = {label: i for i, label in enumerate(dataset.problem.source.labels)}
        distances = dataset.problem.cost.values
        assert distances[place["Japan"], place["Korea, Rep."]] == pytest.approx(880, abs=10)
        assert distances.max() < 20_016
        assert not np.diagonal(distances).any()


class TestProblemToml:
    def test_a_title_is_enough_and_the_cost_is_then_the_euclidean_distance(self, folder: Path) -> None:
        dataset = read_dataset(folder)
        assert dataset.problem.cost.values.tolist() == [[0, 5], [5, 0]]
        assert dataset.coordinates == ("x", "y")
        assert (dataset.source, dataset.licence, dataset.units) == ("", "", Units())

    def test_metric_power_and_order_are_taken_over(self, folder: Path) -> None:
        state(folder, '[cost]\nmetric = "minkowski"\norder = 3\npower = 3')
        np.testing.assert_allclose(read_dataset(folder).problem.cost.values, [[0, 91], [91, 0]])

    def test_a_cost_matrix_is_aligned_by_label(self, folder: Path) -> None:
        state(folder, '[cost]\nmatrix = "cost.csv"')
        assert read_dataset(folder).problem.cost.values.tolist() == [[4, 3], [2, 1]]

    @pytest.mark.parametrize(("power", "unit"), [("1", "km"), ("2", "km^2"), ("0.5", "km^0.5")])
    def test_the_unit_of_the_cost_follows_from_distance_and_power(self, folder: Path, power: str, unit: str) -> None:
        state(folder, f'[cost]\npower = {power}\n[units]\ndistance = "km"')
        assert read_dataset(folder).units.cost == unit

    def test_a_stated_unit_of_the_cost_stays(self, folder: Path) -> None:
        state(folder, '[units]\ndistance = "km"\ncost = "litres of fuel"')
        assert read_dataset(folder).units.cost == "litres of fuel"

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("[cost\n", "line 2"),
            ("power = ", "line 2"),
            ('licence = "MIT"\nlicence = "BSD"', "line 3"),
            ('x = """open', "line 2"),
        ],
    )
    def test_malformed_toml_is_refused_with_the_line(self, folder: Path, text: str, line: str) -> None:
        state(folder, text)
        message = str(refusal(folder, FileFormatError))
        assert "problem.toml" in message
        assert line in message

    def test_text_that_is_not_utf8_is_refused(self, folder: Path) -> None:
        (folder / "problem.toml").write_bytes(b'title = "Gen\xe8ve"\n')
        assert "UTF-8" in str(refusal(folder, FileFormatError))

    @pytest.mark.parametrize(
        ("text", "key"),
        [("colour = 1", "colour"), ('[cost]\ncolour = "red"', "cost.colour"), ('[units]\ntime = "h"', "units.time")],
    )
    def test_an_unknown_key_is_refused_with_the_known_ones(self, folder: Path, text: str, key: str) -> None:
        state(folder, text)
        message = str(refusal(folder, UnknownNameError))
        assert f"problem.toml, {key}:" in message
        assert "The keys here are" in message

    def test_a_misspelt_key_is_met_with_the_right_one(self, folder: Path) -> None:
        state(folder, 'license = "MIT"')
        assert "Did you mean 'licence'?" in str(refusal(folder, UnknownNameError))

    @pytest.mark.parametrize(
        ("text", "key", "remedy"),
        [
            ("licence = 4", "licence", "text in quotes"),
            ('cost = "euclidean"', "cost", "[cost]"),
            ("[cost]\nmetric = 2", "cost.metric", "text in quotes"),
            ('[cost]\npower = "2"', "cost.power", "a number"),
            ("[cost]\npower = true", "cost.power", "a number"),
            ("[cost]\npower = -1", "cost.power", "> 0"),
            ("[cost]\norder = 3", "cost.order", "minkowski"),
            ('[cost]\nmatrix = "cost.csv"\nmetric = "euclidean"', "cost.metric", "Leave out one"),
            ('[cost]\nmatrix = "cost.csv"\npower = 2', "cost.power", "Leave out one"),
            ("[units]\nmass = 3", "units.mass", "text in quotes"),
            ("grid = 2", "grid", "[grid]"),
            ('[grid]\nspacing = "wide"', "grid.spacing", "a number"),
            ("[grid]\nspacing = true", "grid.spacing", "a number"),
            ("[grid]\ninvert = 1", "grid.invert", "true or false"),
            ("[grid]\ninvert = true", "grid", "Leave it out"),
            ("[cost]\ngraph = 1", "cost.graph", "text in quotes"),
            ('[cost]\ngraph = "edges.csv"\ndirected = 1', "cost.directed", "true or false"),
            ('[cost]\nmetric = "euclidean"\ngraph = "edges.csv"', "cost.metric", "Leave out one"),
            ('[cost]\ngraph = "edges.csv"\norder = 3', "cost.order", "Leave out one"),
            ('[cost]\ngraph = "edges.csv"\nmatrix = "cost.csv"', "cost.graph", "Leave out one"),
            ('[cost]\nmatrix = "cost.csv"\nplaces = "places.csv"', "cost.places", "Leave out one"),
            ('[cost]\nplaces = "places.csv"', "cost.places", 'graph = "edges.csv"'),
            ("[cost]\ndirected = true", "cost.directed", 'graph = "edges.csv"'),
        ],
    )
    def test_a_wrong_value_is_refused_with_its_key(self, folder: Path, text: str, key: str, remedy: str) -> None:
        state(folder, text)
        error = refusal(folder, ParameterError)
        assert error.argument.endswith(f"problem.toml, {key}")
        assert remedy in error.remedy

    @pytest.mark.parametrize(
        ("text", "key", "choice"),
        [('[cost]\nmetric = "manhattan"', "cost.metric", "cityblock"), ('balance = "drop"', "balance", "rescale")],
    )
    def test_an_unknown_name_is_refused_with_the_known_ones(self, folder: Path, text: str, key: str, choice: str) -> None:
        state(folder, text)
        error = refusal(folder, UnknownNameError)
        assert error.argument.endswith(f"problem.toml, {key}")
        assert choice in error.remedy

    @pytest.mark.parametrize("text", ["", 'licence = "MIT"\n', 'title = ""\n'])
    def test_a_data_set_without_a_title_is_refused(self, folder: Path, text: str) -> None:
        (folder / "problem.toml").write_text(text)
        assert "title" in str(refusal(folder, FileFormatError))


class TestFiles:
    @pytest.mark.parametrize("missing", ["source.csv", "target.csv", "problem.toml", "cost.csv"])
    def test_a_missing_file_is_named(self, folder: Path, missing: str) -> None:
        state(folder, '[cost]\nmatrix = "cost.csv"')
        (folder / missing).unlink()
        assert refusal(folder, FileFormatError).argument == str(folder / missing)

    @pytest.mark.parametrize("name", ["nowhere", "source.csv"])
    def test_what_is_not_a_folder_is_refused(self, folder: Path, name: str) -> None:
        error = refusal(folder / name, FileFormatError)
        assert name in error.argument
        assert "problem.toml" in error.remedy

    def test_a_malformed_row_is_refused_with_file_and_line(self, folder: Path) -> None:
        (folder / "target.csv").write_text("label,mass,x,y\nbridge,2,0,0\nmill,two,3,4\n")
        message = str(refusal(folder, FileFormatError))
        assert "target.csv" in message
        assert "line 3" in message

    def test_a_negative_mass_is_refused_with_file_and_label(self, folder: Path) -> None:
        (folder / "source.csv").write_text("label,mass,x,y\nnorth,5,0,0\nsouth,-1,3,4\n")
        message = str(refusal(folder, NegativeMassError))
        assert "source.csv" in message
        assert "'south'" in message

    @pytest.mark.parametrize("header", ["label,mass,y,x", "label,mass,x,z", "label,mass,y"])
    def test_coordinates_in_another_order_or_of_another_name_are_refused(self, folder: Path, header: str) -> None:
        cells = "0,0" if header.count(",") == 3 else "0"
        (folder / "target.csv").write_text(f"{header}\nbridge,4,{cells}\n")
        message = str(refusal(folder, LabelMismatchError))
        assert "target.csv" in message
        assert "x, y" in message

    def test_latitude_before_longitude_is_refused(self, folder: Path) -> None:
        for name in ("source", "target"):
            (folder / f"{name}.csv").write_text("label,mass,latitude,longitude\nGenoa,1,44.4,8.9\n")
        state(folder, '[cost]\nmetric = "haversine"')
        assert "Put longitude before latitude" in str(refusal(folder, LabelMismatchError))

    def test_a_latitude_beyond_the_pole_is_refused_with_the_files(self, folder: Path) -> None:
        (folder / "source.csv").write_text("label,mass,x,y\nnorth,4,8.9,144\n")
        state(folder, '[cost]\nmetric = "haversine"')
        assert "source.csv" in refusal(folder, ParameterError).argument

    def test_atoms_without_coordinates_need_a_cost_matrix(self, folder: Path) -> None:
        for name in ("source", "target"):
            (folder / f"{name}.csv").write_text("label,mass\nhere,1\n")
        error = refusal(folder, ShapeError)
        assert error.argument.endswith("source.csv")
        assert "cost matrix" in error.remedy

    def test_totals_that_differ_are_refused_with_both_files(self, folder: Path) -> None:
        (folder / "target.csv").write_text("label,mass,x,y\nbridge,2,0,0\n")
        error = refusal(folder, UnbalancedError)
        assert error.argument == f"{folder / 'source.csv'}, {folder / 'target.csv'}"
        state(folder, 'balance = "rescale"')
        assert read_dataset(folder).problem.mass_unit == 1

    @pytest.mark.parametrize(
        ("table", "kind", "named"),
        [
            ("quarry,mill,bridge\nsouth,1,2\neast,3,4\n", LabelMismatchError, "'north'"),
            ("quarry,mill,bridge\nsouth,1,2\nnorth,3,nan\n", NotANumberError, "'north', 'bridge'"),
            ("quarry,mill,bridge\nsouth,1\nnorth,3,4\n", FileFormatError, "line 2"),
            ("quarry,mill,bridge\nsouth,1,2\nnorth,3,\n", FileFormatError, "line 3"),
            ("quarry,mill\nsouth,1\nnorth,3\n", LabelMismatchError, "'bridge'"),
        ],
    )
    def test_a_cost_table_that_does_not_fit_is_refused(
        self, folder: Path, table: str, kind: type[InputError], named: str
    ) -> None:
        (folder / "cost.csv").write_text(table)
        state(folder, '[cost]\nmatrix = "cost.csv"')
        error = refusal(folder, kind)
        assert error.argument.startswith(str(folder / "cost.csv"))
        for part in named.split(", "):
            assert part in error.fault

    def test_a_cost_table_needs_atoms_with_labels(self, folder: Path) -> None:
        (folder / "source.csv").write_text("mass,x,y\n3,0,0\n1,3,4\n")
        state(folder, '[cost]\nmatrix = "cost.csv"')
        error = refusal(folder, LabelMismatchError)
        assert error.argument.endswith("source.csv")
        assert "label" in error.remedy


class TestPictures:
    def test_stand_in_place_of_tables(self, pictures: Path) -> None:
        dataset = read_dataset(pictures)
        assert dataset.coordinates == ("row", "column")
        assert dataset.problem.source.mass.tolist() == [0, 200, 100]
        assert dataset.problem.target.mass.tolist() == [100, 0, 200]
        assert dataset.problem.cost.values.tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
        assert dataset.problem.adjustments == ()

    def test_spacing_and_invert_are_taken_over(self, pictures: Path) -> None:
        state(pictures, 'balance = "rescale"\n[grid]\nspacing = 0.5\ninvert = true')
        problem = read_dataset(pictures).problem
        np.testing.assert_allclose(problem.source.mass, np.array([255, 55, 155]) / 465)
        assert problem.cost.values[0].tolist() == [0, 0.5, 1]

    def test_a_picture_may_stand_beside_a_table_of_its_coordinates(self, pictures: Path) -> None:
        (pictures / "target.png").unlink()
        (pictures / "target.csv").write_text("label,mass,row,column\ncorner,300,0,4\n")
        assert read_dataset(pictures).problem.cost.values.tolist() == [[4], [3], [2]]
        (pictures / "target.csv").write_text("label,mass,column,row\ncorner,300,4,0\n")
        assert refusal(pictures, LabelMismatchError).argument == str(pictures / "target.csv")

    def test_a_picture_and_a_table_of_one_measure_are_refused(self, pictures: Path) -> None:
        (pictures / "target.csv").write_text("mass,row,column\n300,0,4\n")
        error = refusal(pictures, FileFormatError)
        assert "target.csv and target.png" in error.fault

    def test_a_spacing_out_of_range_is_refused_by_its_key(self, pictures: Path) -> None:
        state(pictures, "[grid]\nspacing = 0")
        assert refusal(pictures, ParameterError).argument == f"{pictures / 'problem.toml'}, grid.spacing"

    def test_a_black_picture_and_a_damaged_one_are_refused_with_the_file(self, pictures: Path) -> None:
        Image.new("L", (3, 1)).save(pictures / "target.png")
        assert refusal(pictures, ZeroMassError).argument.startswith(str(pictures / "target.png"))
        (pictures / "source.png").write_bytes(b"no picture")
        assert refusal(pictures, FileFormatError).argument == str(pictures / "source.png")

    def test_single_files_may_be_pictures(self, pictures: Path) -> None:
        problem = read_files(pictures / "source.png", pictures / "target.png", metric="cityblock").problem
        assert problem.source.mass.tolist() == [0, 200, 100]


class TestGraphs:
    def test_the_cost_is_the_length_of_a_shortest_path(self, roads: Path) -> None:
        problem = read_dataset(roads).problem
        assert problem.cost.values.tolist() == [[2, 9], [3, 4]]
        assert problem.cost.description == "shortest path"

    def test_power_and_directed_are_taken_over(self, roads: Path) -> None:
        (roads / "edges.csv").write_text("from,to,length\nnorth,bridge,2\nsouth,bridge,3\nsouth,mill,4\nnorth,mill,20\n")
        state(roads, '[cost]\ngraph = "edges.csv"\npower = 2\ndirected = true\n[units]\ndistance = "km"')
        dataset = read_dataset(roads)
        assert dataset.problem.cost.values.tolist() == [[4, 400], [9, 16]]
        assert dataset.units.cost == "km^2"

    def test_atoms_without_coordinates_have_those_of_the_places(self, roads: Path) -> None:
        dataset = read_dataset(roads)
        assert dataset.coordinates == ("east", "up")
        assert dataset.problem.source.points is not None
        assert dataset.problem.source.points.tolist() == [[0, 2], [3, 0]]
        assert dataset.problem.source.rounding == 0

    def test_atoms_keep_coordinates_of_their_own_and_need_none(self, roads: Path) -> None:
        state(roads, '[cost]\ngraph = "edges.csv"')
        dataset = read_dataset(roads)
        assert dataset.coordinates == ()
        assert dataset.problem.source.points is None
        for name, labels in (("source", ("north", "south")), ("target", ("bridge", "mill"))):
            (roads / f"{name}.csv").write_text("label,mass,x\n" + "".join(f"{label},1,9\n" for label in labels))
        state(roads, '[cost]\ngraph = "edges.csv"\nplaces = "places.csv"')
        dataset = read_dataset(roads)
        assert dataset.coordinates == ("x",)
        assert dataset.problem.source.points is not None
        assert dataset.problem.source.points.tolist() == [[9], [9]]

    def test_masses_with_decimals_stay_so(self, roads: Path) -> None:
        (roads / "source.csv").write_text("label,mass\nnorth,2.7\nsouth,1.3\n")
        source = read_dataset(roads).problem.source
        assert source.mass.tolist() == [2.7, 1.3]
        assert source.rounding > 0

    @pytest.mark.parametrize("places", ["", 'places = "places.csv"'])
    def test_an_atom_that_is_no_vertex_is_refused_with_file_and_label(self, roads: Path, places: str) -> None:
        (roads / "target.csv").write_text("label,mass\nbridge,2\nmarket,2\n")
        state(roads, f'[cost]\ngraph = "edges.csv"\n{places}')
        error = refusal(roads, LabelMismatchError)
        assert error.argument == str(roads / "target.csv")
        assert "'market'" in error.fault
        assert "'north'" in error.remedy

    def test_atoms_need_labels(self, roads: Path) -> None:
        (roads / "source.csv").write_text("mass\n3\n1\n")
        error = refusal(roads, LabelMismatchError)
        assert error.argument == str(roads / "source.csv")
        assert "edges.csv" in error.fault
        assert "label" in error.remedy

    def test_an_atom_that_no_road_reaches_is_read_and_explained(self, roads: Path) -> None:
        (roads / "edges.csv").write_text("from,to,length\nnorth,bridge,2\nbridge,south,3\n")
        found = om.explain_infeasibility(read_dataset(roads).problem)
        assert found is not None
        assert [list(part.targets) for part in found.bottlenecks] == [["mill"]]

    def test_a_power_out_of_range_is_refused_by_its_key(self, roads: Path) -> None:
        state(roads, '[cost]\ngraph = "edges.csv"\npower = -1')
        assert refusal(roads, ParameterError).argument == f"{roads / 'problem.toml'}, cost.power"

    @pytest.mark.parametrize("missing", ["edges.csv", "places.csv"])
    def test_a_missing_file_is_named(self, roads: Path, missing: str) -> None:
        (roads / missing).unlink()
        assert refusal(roads, FileFormatError).argument == str(roads / missing)

    def test_a_bad_edge_is_refused_with_file_and_line(self, roads: Path) -> None:
        (roads / "edges.csv").write_text("from,to,length\nnorth,bridge,-2\nbridge,south,3\nsouth,mill,4\n")
        error = refusal(roads, ParameterError)
        assert error.argument == f"{roads / 'edges.csv'}, length"
        assert "line 2" in error.fault


class TestSingleFiles:
    def read(self, folder: Path, **options: object) -> Dataset:
        return read_files(folder / "source.csv", folder / "target.csv", **options)  # type: ignore[arg-type]

    def test_two_measures_with_points_are_a_problem_in_euclidean_distance(self, folder: Path) -> None:
        dataset = self.read(folder)
        assert dataset.problem.cost.description == "euclidean"
        assert dataset.title == "source.csv to target.csv"
        assert str(folder / "source.csv") in dataset.source
        assert dataset.units == Units()

    def test_a_metric_or_a_cost_table_can_be_given(self, folder: Path) -> None:
        assert self.read(folder, metric="cityblock", power=2).problem.cost.values.tolist() == [[0, 49], [49, 0]]
        assert self.read(folder, cost=folder / "cost.csv").problem.cost.values.tolist() == [[4, 3], [2, 1]]

    def test_both_at_once_are_refused(self, folder: Path) -> None:
        with pytest.raises(ParameterError, match="metric: is given beside a cost matrix"):
            self.read(folder, cost=folder / "cost.csv", metric="cityblock")

    def test_an_unknown_metric_is_refused_by_the_name_of_the_option(self, folder: Path) -> None:
        with pytest.raises(UnknownNameError, match=r"^metric: 'manhattan' is not known"):
            self.read(folder, metric="manhattan")

    def test_unequal_totals_are_rescaled_when_asked(self, folder: Path) -> None:
        (folder / "target.csv").write_text("label,mass,x,y\nbridge,8,0,0\n")
        with pytest.raises(UnbalancedError):
            self.read(folder)
        dataset = self.read(folder, balance="rescale")
        assert dataset.problem.source.mass.tolist() == [0.75, 0.25]
        assert dataset.mass_unit == "share of the total"
