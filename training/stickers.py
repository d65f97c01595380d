"""Microsoft's flat Fluent emoji become the one file of stickers that pictures are laid out from.

Usage: fetch and unpack the JavaScript package @iconify-json/fluent-emoji-flat, then
    python training/stickers.py package/icons.json core/painting/stickers.json

Source: https://github.com/microsoft/fluentui-emoji (MIT), through Iconify's JSON.
"""

from __future__ import annotations

import copy
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

CHOSEN = {
    "people": """
        baby boy girl child man woman person old-man old-woman older-person person-white-hair man-beard
        man-standing woman-standing person-standing busts-in-silhouette bust-in-silhouette people-hugging
        pregnant-woman woman-feeding-baby man-feeding-baby student man-student woman-student teacher man-teacher
        woman-teacher artist man-artist woman-artist cook man-cook woman-cook office-worker man-office-worker
        woman-office-worker technologist man-technologist woman-technologist health-worker man-health-worker
        woman-health-worker scientist singer man-singer woman-singer police-officer firefighter construction-worker
        mechanic farmer pilot judge astronaut factory-worker person-in-tuxedo woman-with-veil
        santa-claus princess prince
        person-walking woman-walking man-walking person-running man-running woman-running person-biking
        person-mountain-biking person-climbing person-swimming person-surfing person-rowing-boat         person-bouncing-ball person-lifting-weights         person-playing-handball person-in-lotus-position person-in-bed person-taking-bath person-in-steamy-room
        person-getting-haircut person-getting-massage person-bowing person-kneeling person-raising-hand
        person-shrugging person-facepalming person-in-manual-wheelchair skier snowboarder
        man-dancing woman-dancing woman-with-bunny-ears horse-racing selfie""",
    "gestures": """
        waving-hand clapping-hands folded-hands handshake raising-hands thumbs-up flexed-biceps writing-hand
        heart-hands open-hands crossed-fingers victory-hand ear eye nose tooth footprints         speech-balloon thought-balloon zzz dizzy red-heart pink-heart broken-heart mending-heart two-hearts
        love-letter smiling-face-with-smiling-eyes sleeping-face face-with-thermometer face-with-medical-mask
        sneezing-face partying-face ghost robot alien snowflake hundred-points musical-note musical-notes""",
    "animals": """
        ant baby-chick front-facing-baby-chick hatching-chick bear polar-bear bird         butterfly cat cat-face black-cat chicken chipmunk cow cow-face crab deer dog
        dog-face guide-dog poodle dolphin donkey dove dragon duck eagle elephant ewe fish flamingo fox frog giraffe
        goat goose gorilla hamster hedgehog hippopotamus honeybee horse horse-face jellyfish kangaroo koala
        lady-beetle lion lizard lobster monkey monkey-face mouse mouse-face octopus otter owl         panda parrot paw-prints peacock penguin pig pig-face rabbit rabbit-face raccoon rooster seal shark
        shrimp sloth snail snake spouting-whale squid swan tiger tiger-face tropical-fish turkey
        turtle whale wolf zebra unicorn feather nest-with-eggs spiral-shell coral beetle cricket worm sauropod t-rex
        crocodile camel llama leopard rhinoceros beaver badger bone""",
    "plants": """
        blossom bouquet cactus cherry-blossom deciduous-tree ear-of-corn evergreen-tree fallen-leaf four-leaf-clover
        herb hibiscus hyacinth leaf-fluttering-in-wind lotus maple-leaf mushroom palm-tree potted-plant rose seedling
        sheaf-of-rice sunflower tulip white-flower wilted-flower wood rock """,
    "food": """
        avocado bacon bagel baguette-bread banana beans bell-pepper bento-box blueberries bowl-with-spoon bread
        broccoli burrito butter candy carrot cheese-wedge cherries chestnut chocolate-bar coconut
        cooked-rice cookie cooking croissant cucumber cupcake birthday-cake curry-rice custard cut-of-meat dango
        doughnut dumpling egg eggplant fish-cake-with-swirl french-fries fried-shrimp garlic grapes
        green-apple green-salad hamburger honey-pot hot-dog hot-pepper ice ice-cream kiwi-fruit leafy-green lemon
        lime lollipop mango meat-on-bone melon moon-cake oden olive onion oyster pancakes pea-pod peach peanuts pear
        pie pineapple pizza popcorn pot-of-food potato poultry-leg pretzel red-apple rice-ball rice-cracker
        roasted-sweet-potato salt sandwich shallow-pan-of-food shaved-ice shortcake soft-ice-cream spaghetti
        steaming-bowl strawberry sushi taco takeout-box tangerine tomato waffle watermelon jar""",
    "drink": """
        baby-bottle beer-mug clinking-beer-mugs beverage-box bottle-with-popping-cork bubble-tea clinking-glasses
        cocktail-glass cup-with-straw glass-of-milk hot-beverage pouring-liquid sake teacup-without-handle teapot
        tropical-drink tumbler-glass wine-glass chopsticks fork-and-knife fork-and-knife-with-plate spoon
        """,
    "weather": """
        cloud cloud-with-lightning cloud-with-lightning-and-rain cloud-with-rain cloud-with-snow comet crescent-moon
        droplet sweat-droplets fire full-moon full-moon-face glowing-star
        rainbow ringed-planet shooting-star sparkles star sun
        sun-behind-cloud sun-behind-large-cloud sun-behind-rain-cloud sun-behind-small-cloud sun-with-face         thermometer tornado umbrella umbrella-with-rain-drops closed-umbrella
        water-wave wind-face snowman snowman-without-snow bubbles""",
    "places": """
        bank beach-with-umbrella building-construction camping carousel-horse castle church
        circus-tent cityscape cityscape-at-dusk classical-building convenience-store department-store desert-island
        derelict-house factory ferris-wheel fountain hospital hot-springs hotel house house-with-garden houses hut
        shinto-shrine mountain mount-fuji office-building playground-slide
        post-office roller-coaster school snow-capped-mountain stadium station tent tokyo-tower
        volcano wedding world-map globe-showing-asia-australia barber-pole         bus-stop fuel-pump postbox""",
    "transport": """
        airplane airplane-arrival airplane-departure ambulance anchor automobile bicycle bullet-train bus
        high-speed-train delivery-truck ferry fire-engine helicopter kick-scooter light-rail locomotive metro minibus
        motor-boat motor-scooter motorcycle oncoming-automobile oncoming-bus oncoming-taxi parachute passenger-ship
        pickup-truck police-car racing-car rocket sailboat ship skateboard canoe small-airplane speedboat
        sport-utility-vehicle taxi tractor train tram aerial-tramway mountain-cableway railway-car
        manual-wheelchair wheel horizontal-traffic-light vertical-traffic-light construction luggage seat""",
    "school and work": """
        alarm-clock backpack bar-chart blue-book bookmark bookmark-tabs books briefcase calendar
        spiral-calendar tear-off-calendar chart-decreasing chart-increasing clipboard closed-book crayon
        desktop-computer e-mail envelope file-cabinet file-folder fountain-pen graduation-cap         hourglass-done hourglass-not-done identification-card keyboard lab-coat laptop light-bulb
        linked-paperclips locked magnifying-glass-tilted-left memo microscope computer-mouse necktie newspaper
        notebook notebook-with-decorative-cover open-book page-facing-up paintbrush paperclip pen pencil
        printer pushpin receipt roll-of-paper scissors scroll speaking-head spiral-notepad stopwatch straight-ruler
        telephone test-tube timer-clock triangular-ruler package stethoscope telescope crutch         mantelpiece-clock watch bullseye check-mark-button puzzle-piece""",
    "home and things": """
        adhesive-bandage balloon basket bathtub battery low-battery bed bell broom bucket camera camera-with-flash
        candle chair coin couch-and-lamp credit-card crown crystal-ball door drop-of-blood electric-plug         flashlight folding-hand-fan framed-picture gear gem-stone hammer hammer-and-wrench
        hair-pick key ladder link lipstick lotion-bottle loudspeaker magic-wand magnet megaphone mirror mobile-phone
        mobile-phone-with-arrow money-bag money-with-wings nail-polish package pill radio ring
        screwdriver sewing-needle shopping-bags shopping-cart shower soap speaker-high-volume
        sponge syringe teddy-bear television thread toilet toolbox toothbrush wastebasket window         wrapped-gift wrench yarn yo-yo nesting-dolls kite joystick video-game game-die chess-pawn
        mahjong-red-dragon red-paper-lantern wind-chime film-frames elevator joker amphora brick carpentry-saw canned-food
        fire-extinguisher optical-disk
        clapper-board movie-camera video-camera ticket admission-tickets round-pushpin compass
        chequered-flag triangular-flag white-flag         """,
    "clothes": """
        ballet-shoes billed-cap bikini coat dress flat-shoe glasses gloves handbag clutch-bag purse high-heeled-shoe
        hiking-boot jeans kimono mans-shoe one-piece-swimsuit running-shirt running-shoe scarf shorts socks
        sunglasses t-shirt thong-sandal top-hat womans-boot womans-clothes womans-hat womans-sandal
        martial-arts-uniform reminder-ribbon ribbon goggles""",
    "music and sport": """
        accordion drum flute guitar headphone long-drum maracas microphone studio-microphone musical-keyboard
        musical-score saxophone trumpet violin american-football badminton baseball basketball bowling boxing-glove
        curling-stone diving-mask fishing-pole flag-in-hole flying-disc goal-net ice-hockey ice-skate ping-pong
        ring-buoy roller-skate rugby-football skis sled soccer-ball softball tennis volleyball
        1st-place-medal 2nd-place-medal 3rd-place-medal sports-medal trophy artist-palette pool-8-ball banjo bow-and-arrow
        performing-arts""",
    "festivities": """
        christmas-tree confetti-ball firecracker fireworks jack-o-lantern party-popper
        red-envelope sparkler mirror-ball envelope-with-arrow
        love-letter heart-with-ribbon""",
}

#: Stickers on a square of sky; without it they can stand in ours.
FRAMED = {"fireworks", "sparkler", "shooting-star", "cityscape", "cityscape-at-dusk"}

LICENCE = """MIT License

Copyright (c) Microsoft Corporation.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated \
documentation files (the "Software"), to deal in the Software without restriction, including without limitation \
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to \
permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the \
Software.

THE SOFTWARE IS PROVIDED *AS IS*, WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE \
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR \
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR \
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


def plain_shapes(body: str, framed: bool = False) -> str:
    """The same icon without definitions: copies are written out, clips to the page and a frame are dropped."""
    root = ET.fromstring(f"<svg>{body}</svg>")
    if framed:
        root[0].remove(root[0][0])
    shared = {item.get("id"): item for defs in root.iter("defs") for item in defs}
    for parent in list(root.iter()):
        for place, item in enumerate(list(parent)):
            item.attrib.pop("clip-path", None)
            item.attrib.pop("filter", None)
            if item.get("fill", "").startswith("url("):
                item.set("fill", shared[item.get("fill", "")[5:-1]][0].get("stop-color", "#000"))  # a tiny gradient
            if item.tag == "use":
                original = copy.deepcopy(shared[item.get("href", "")[1:]])
                del original.attrib["id"]
                parent[place] = original
    for parent in list(root.iter()):
        for defs in parent.findall("defs"):
            parent.remove(defs)
    return "".join(ET.tostring(item, encoding="unicode") for item in root).replace(" />", "/>")


def main(icons_json: Path, out: Path) -> None:
    """Writes the chosen stickers, one a line, with their licence."""
    icons = json.loads(icons_json.read_text("utf-8"))["icons"]
    version = json.loads(icons_json.with_name("package.json").read_text("utf-8"))["version"]
    names = sorted({name for group in CHOSEN.values() for name in group.split()})
    for name in (name for name in names if name not in icons):
        print("not in the package:", name)
    bodies = {name: plain_shapes(icons[name]["body"], name in FRAMED) for name in names if name in icons}
    for name in (name for name, body in bodies.items() if "url(" in body or " id=" in body):
        print("leans on definitions:", name)
    characters = json.loads(icons_json.with_name("chars.json").read_text("utf-8"))
    emoji = {
        "".join(chr(int(c, 16)) for c in code.split("-")): name for code, name in characters.items() if name in bodies
    }
    head = {
        "source": "https://github.com/microsoft/fluentui-emoji (Fluent emoji, flat), via @iconify-json/fluent-emoji-flat "
        + version,
        "licence": LICENCE,
        "view_box": [0, 0, 32, 32],
        "emoji": emoji,
    }
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(body)}" for name, body in bodies.items())
    out.write_text(json.dumps(head, ensure_ascii=False)[:-1] + ',\n"stickers":{\n' + lines + "\n}}\n", "utf-8")
    print(f"{len(bodies)} stickers, {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
